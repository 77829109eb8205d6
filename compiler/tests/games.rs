//! Games: what the steps of players compute, and the specs of the zoo, whose objectives are read against their papers'.

use crate::spec_common::{NoFiles, clean, root, snapshot, specs, texts};
use gmc_compiler::derive::{Input, Output, Program};
use gmc_compiler::diag::render::{Format, render};
use gmc_compiler::driver::compile;
use gmc_compiler::explain::math;
use gmc_compiler::ir::Graph;

/// Specs in which several players move.
fn games() -> Vec<(String, String)> {
    let all = specs().into_iter().chain(texts("specs/zoo"));
    let found: Vec<_> = all.filter(|(_, text)| text.matches("player ").count() > 1).collect();
    assert!(found.len() > 25, "{}", found.len());
    found
}

/// The nodes of a graph that no output reads.
fn idle(g: &Graph) -> Vec<usize> {
    let mut read = vec![false; g.nodes.len()];
    let mut open: Vec<usize> = g.outputs.iter().map(|(_, v)| v.0 as usize).collect();
    while let Some(i) = open.pop() {
        if !std::mem::replace(&mut read[i], true) {
            open.extend(g.nodes[i].args.iter().map(|a| a.0 as usize));
        }
    }
    (0..read.len()).filter(|i| !read[*i]).collect()
}

/// The parameter that an output of a step is about: the new value itself, what an optimizer keeps for it, its average.
fn parameter_of(text: &str) -> Option<String> {
    let output = Output::parse(text)?;
    let (Output::Param(path) | Output::State(path) | Output::PerDatum(path)) = output else { return None };
    match Input::parse(&path) {
        Some(Input::Slot { path, .. } | Input::Average(path)) => Some(path),
        // What layers keep, and what payoffs do.
        None if Output::parse(text).is_some_and(|o| matches!(o, Output::State(_))) => None,
        None => Some(path),
        Some(
            Input::Update
            | Input::Rate
            | Input::Schedule(_)
            | Input::Kept(..)
            | Input::Known(_)
            | Input::Weight
            | Input::Code(_),
        ) => None,
    }
}

/// A step gives new values to what its player owns and to nothing else, and computes nothing that none of its outputs reads: so no
/// node serves another player's parameters only.
#[test]
fn no_player_computes_gradients_of_others() {
    for (name, text) in games() {
        let (typed, c) = clean(&name, &text);
        for p in &typed.train.players {
            let g = c.programs.get(&Program::Step(p.name.clone())).expect("every player has a step");
            let mut moved = 0;
            for (output, _) in &g.outputs {
                let Some(path) = parameter_of(output) else { continue };
                let mine = p.owns.iter().any(|(o, _)| path == *o || path.starts_with(&format!("{o}.")));
                assert!(mine, "{name}: the step of `{}` moves `{path}`", p.name);
                moved += 1;
            }
            assert!(moved > 0, "{name}: `{}` moves nothing", p.name);
            assert_eq!(
                idle(g),
                Vec::<usize>::new(),
                "{name}: the step of `{}` computes what nobody reads",
                p.name
            );
        }
    }
}

#[test]
fn the_zoo_states_the_objectives_of_its_papers() {
    let zoo = texts("specs/zoo");
    assert!(zoo.len() >= 50, "{}", zoo.len());
    for (name, text) in zoo {
        assert!(text.lines().count() <= 20, "{name} is longer than 20 lines");
        let first = text.lines().take_while(|l| l.starts_with('#')).collect::<String>();
        assert!(
            first.starts_with("# ") && [" 19", " 20"].iter().any(|y| first.contains(y)),
            "{name} names no source"
        );
        let (typed, _) = clean(&name, &text);
        let all = typed.train.players.iter().map(|p| {
            let o = math::objective(&typed, p, false);
            format!("{} {}\n    {}", o.player, o.verb, o.goal.join("\n    "))
        });
        snapshot(&format!("zoo_{name}.objective"), all.collect::<Vec<_>>().join("\n"));
    }
}

/// The table of what other libraries have: its counts, the specs that it names, and every spec of the zoo in it.
#[test]
fn the_table_of_the_zoo_is_true() {
    let page = std::fs::read_to_string(root().join("docs/zoo.md")).unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|l| l.starts_with("| ") && !l.starts_with("| model"))
        .map(|l| l.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let sayable = rows.iter().filter(|r| r[1] == "E").count();
    assert!(page.contains(&format!("**{sayable} of {}**", rows.len())), "{sayable} of {}", rows.len());
    for row in &rows {
        assert!(["E", "W", "R", "N"].contains(&row[1]), "{row:?}");
        if row[1] == "E" {
            assert!(root().join(row[2].trim_matches('`')).is_file(), "{row:?}");
        }
    }
    for (name, _) in texts("specs/zoo") {
        assert!(page.contains(&format!("`specs/zoo/{name}.gm`")), "{name} is not in docs/zoo.md");
    }
}

/// The games on MNIST share a file, and each is sound; so are those far from their data.
#[test]
fn games_in_folders_compile() {
    let far = texts("specs/far");
    assert_eq!(far.len(), 2);
    for (name, text) in &far {
        clean(name, text);
    }
    let folder = root().join("specs/mnist");
    let read = |p: &str| std::fs::read_to_string(folder.join(p)).map_err(|e| e.to_string());
    let games = texts("specs/mnist");
    assert!(games.len() >= 9, "{}", games.len());
    for (name, text) in games.iter().filter(|(name, _)| name != "nets") {
        let u = compile(name, text, &NoFiles, &read, |_| Vec::new());
        assert!(u.diags.is_empty(), "{name}: {}", render(&u.diags, &u.sources, Format::Human, false));
    }
}

/// What several players compute is told: the same of the data, or drawn or computed anew.
#[test]
fn what_players_share_is_told() {
    use gmc_compiler::explain::shared::{Same, shared};
    let of = |name: &str, change: &dyn Fn(&str) -> String| {
        let text = specs().into_iter().find(|(n, _)| n == name).unwrap().1;
        let (typed, _) = clean(name, &change(&text));
        let all = shared(&typed);
        all.into_iter().map(|s| (s.what, s.players.join(" "), s.same)).collect::<Vec<_>>()
    };
    let as_it_is = |t: &str| t.to_string();
    let gan = of("gan", &as_it_is);
    assert_eq!(gan[0], ("D(p.x)".into(), "judge maker".into(), Same::Drawn));
    assert!(gan.contains(&("p.x".into(), "judge maker".into(), Same::Drawn)), "{gan:?}");
    assert!(!gan.iter().any(|(what, ..)| what == "D(x)"), "{gan:?}");
    let cycle = of("cyclegan", &as_it_is);
    assert!(cycle.contains(&("b".into(), "translators judges".into(), Same::Data)), "{cycle:?}");
    assert!(cycle.contains(&("fa".into(), "translators judges".into(), Same::Moved)), "{cycle:?}");
    let at_once = of("cyclegan", &|t| t.replace("train {", "train {\n  simultaneous"));
    assert!(at_once.contains(&("fa".into(), "translators judges".into(), Same::AtOnce)), "{at_once:?}");
}
