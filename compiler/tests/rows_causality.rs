//! Causality as a type: its algebra against the relations it stands for, what layers and nets say, and which layer is to blame.

use crate::rows_net::*;
use gmc_compiler::event::{EventTy, Kind};
use gmc_compiler::rows::Causality;
use gmc_compiler::rows::Causality::*;
use std::collections::BTreeSet;

const ALL: [Causality; 8] =
    [Strict, StrictChannels(3), StrictChannels(4), Own, WeakChannels(3), WeakChannels(4), Weak, Global];

/// Places and channels of the small images on which the algebra is tried.
const PLACES: usize = 3;
const CHANNELS: usize = 12;

/// Everything that a layer of this causality may read: whether element o may depend on element i.
fn relation(c: Causality) -> Vec<Vec<bool>> {
    let all = PLACES * CHANNELS;
    let may = |o: usize, i: usize| {
        let (op, ip, oc, ic) = (o / CHANNELS, i / CHANNELS, o % CHANNELS, i % CHANNELS);
        let run = |channel: usize, g: usize| channel * g / CHANNELS;
        ip < op
            || match c {
                Strict => false,
                StrictChannels(g) => ip == op && run(ic, g) < run(oc, g),
                Own => i == o,
                WeakChannels(g) => ip == op && run(ic, g) <= run(oc, g),
                Weak => ip == op,
                Global => true,
            }
    };
    (0..all).map(|o| (0..all).map(|i| may(o, i)).collect()).collect()
}

/// Whether every pair of `a` is one of `b`.
fn inside(a: &[Vec<bool>], b: &[Vec<bool>]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.iter().zip(b).all(|(a, b)| !a || *b))
}

#[test]
fn the_algebra_allows_what_layers_can_read_and_no_more_than_it_must() {
    let n = PLACES * CHANNELS;
    let relations: Vec<_> = ALL.iter().map(|c| relation(*c)).collect();
    for (a, ra) in ALL.into_iter().zip(&relations) {
        for (b, rb) in ALL.into_iter().zip(&relations) {
            let chained: Vec<Vec<bool>> =
                (0..n).map(|o| (0..n).map(|i| (0..n).any(|m| rb[o][m] && ra[m][i])).collect()).collect();
            let met: Vec<Vec<bool>> =
                (0..n).map(|o| (0..n).map(|i| ra[o][i] || rb[o][i]).collect()).collect();
            for (what, real, said) in [("then", chained, a.then(b)), ("worse", met, a.worse(b))] {
                assert!(inside(&real, &relation(said)), "{a:?} {what} {b:?}: {said:?} forbids what is read");
                // No other type that allows it allows less; runs of different numbers are not told apart any further.
                let runs = [a, b].into_iter().filter_map(|c| match c {
                    StrictChannels(g) | WeakChannels(g) => Some(g),
                    Strict | Own | Weak | Global => None,
                });
                if runs.collect::<BTreeSet<_>>().len() > 1 {
                    continue;
                }
                for (c, rc) in ALL.into_iter().zip(&relations) {
                    let tighter = inside(&real, rc) && inside(rc, &relation(said)) && c != said;
                    assert!(!tighter, "{a:?} {what} {b:?}: {said:?}, where {c:?} would do");
                }
            }
            assert!(inside(ra, rb) || !a.within(b), "{a:?} within {b:?}");
        }
    }
}

fn said(text: &str, input: &EventTy) -> Causality {
    let further = given(&[
        ("z", EventTy::real([3])),
        ("y", EventTy { kind: Kind::Class(4), shape: vec![] }),
        ("m", EventTy::real([2, 4, 4])),
    ]);
    net(text, input, &further).unwrap_or_else(|d| panic!("{text}: {d:?}")).causality()
}

#[test]
fn layers_and_nets_say_what_they_read() {
    let vector = EventTy::real([6]);
    for (text, want) in [
        ("", Own),
        ("tanh, dropout(0.1), batch_norm, film(y), bias_from(z, y)", Own),
        ("dense(6)", Global),
        ("dense(12, mask: A)", Strict),
        ("dense(12, mask: B), relu, dense(6, mask: B)", Weak),
        ("dense(12, mask: A), relu, dense(6, mask: B), logits(3, mask: B)", Strict),
        ("residual { dense(6, mask: A) }", Own),
        ("residual { dense(6) }", Global),
        ("dense(6, mask: A), residual { dense(9), dense(6, mask: B) }", Global),
        ("heads(6, 6, mask: A)", Strict),
        ("layer_norm", Global),
        ("pixel_norm", Global),
        ("join(z)", Global),
        ("reshape(1, 2, 3), flatten", Own),
        ("reshape(2, 1, 3), flatten", Global),
        ("reshape(2, 3), flatten", Global),
    ] {
        assert_eq!(said(text, &vector), want, "{text}");
    }
    let image = EventTy::real([2, 4, 4]);
    for (text, want) in [
        ("sigmoid, dropout(0.1), batch_norm, film(y, m)", Own),
        ("conv(3, k: 1)", Weak),
        ("pixel_norm", Weak),
        ("join(y)", Weak),
        ("logits(3)", Weak),
        ("conv(3)", Global),
        ("conv(3, mask: A)", Strict),
        ("conv(3, mask: A), conv(3, mask: B), conv(8, k: 1), logits(2)", Strict),
        ("conv(3, mask: B), residual { relu, conv(3, k: 1) }", Weak),
        ("residual { conv(2, mask: A) }", Own),
        ("conv(4, mask: A, colours: 2)", StrictChannels(2)),
        ("conv(4, mask: A, colours: 2), tanh, conv(6, mask: B, colours: 2)", StrictChannels(2)),
        (
            "conv(8, mask: A, colours: 2), gate(colours: 2), logits(3, channels: 2, mask: B, colours: 2)",
            StrictChannels(2),
        ),
        ("conv(8, mask: A, colours: 2), gate, logits(3, channels: 2, mask: B, colours: 2)", Weak),
        ("conv(8, mask: A, colours: 2), conv(8, k: 1)", Weak),
        ("conv(8, mask: A), gate, heads(1, 1, k: 3)", Strict),
        ("residual { conv(2, mask: A, colours: 2) }", WeakChannels(2)),
        ("flatten", Global),
        ("group_norm(1)", Global),
        ("attention", Global),
    ] {
        assert_eq!(said(text, &image), want, "{text}");
    }
    let tokens = EventTy { kind: Kind::Class(5), shape: vec![6] };
    assert_eq!(said("embed(4)", &tokens), Own);
    // Each token becomes four coordinates.
    assert_eq!(said("embed(4), flatten", &tokens), Weak);
    assert_eq!(said("embed(4), flatten, dense(6, mask: A)", &tokens), Strict);
}

#[test]
fn the_layer_to_blame_is_the_first_that_reads_later_places() {
    let image = EventTy::real([2, 4, 4]);
    let blamed = |text: &str| {
        let chain = net(text, &image, &[]).expect("the net is right");
        chain.blame().map(|l| l.text.clone())
    };
    assert_eq!(blamed("conv(4, mask: A), relu, conv(4, k: 1)"), None);
    assert_eq!(blamed("conv(4, mask: A), group_norm(2), relu, conv(4)").as_deref(), Some("group_norm"));
    assert_eq!(blamed("residual { relu, conv(2) }").as_deref(), Some("conv"));
    assert_eq!(blamed("residual { relu, residual { instance_norm } }").as_deref(), Some("instance_norm"));
}

#[test]
fn further_inputs_have_a_causality_of_their_own() {
    let further = given(&[("z", EventTy::real([3])), ("m", EventTy::real([2, 4, 4]))]);
    let chain = |text: &str| net(text, &EventTy::real([2, 4, 4]), &further).expect("the net is right");
    let read = chain("conv(4, mask: A), bias_from(m, z), residual { film(m), conv(4, k: 1) }");
    assert_eq!(read.causality(), Strict);
    assert_eq!(read.causality_in("m"), Some(Weak));
    assert_eq!(read.causality_in("z"), Some(Global));
    assert_eq!(read.causality_in("x"), None);
    // What comes behind counts for them, too.
    assert_eq!(chain("join(m), conv(4, mask: A)").causality_in("m"), Some(Strict));
    assert_eq!(chain("join(m), conv(4)").causality_in("m"), Some(Global));
}
