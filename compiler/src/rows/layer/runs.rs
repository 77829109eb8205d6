//! Equal runs of channels, one for each colour of a pixel: what masks of type A and B order at the kernel's centre.

use super::Causality;
use super::linear::Mask;
use crate::diag::Diag;
use crate::rows::args::{ArgKind, Args, ParamSpec};

/// Into how many runs the channels of a pixel are parted; 1 where all stand at one place of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runs(pub usize);

impl Runs {
    /// The `colours` argument.
    pub const PARAM: ParamSpec = ParamSpec {
        name: "colours",
        kind: ArgKind::Int(1),
        default: Some("1"),
        doc: "equal runs of channels that stand one behind the other in the order of a pixel: 3 for red, green and blue",
    };
    /// As written.
    pub fn of(args: &Args) -> Runs {
        Runs(args.int(Runs::PARAM.name))
    }
    /// What a layer says that reads its own pixel's channels of its own run and earlier ones.
    pub fn weak(self) -> Causality {
        if self.0 > 1 { Causality::WeakChannels(self.0) } else { Causality::Weak }
    }
    /// What a kernel with this mask says.
    pub fn causality(self, mask: Mask) -> Causality {
        match mask {
            Mask::None => Causality::Global,
            Mask::A if self.0 > 1 => Causality::StrictChannels(self.0),
            Mask::A => Causality::Strict,
            Mask::B => self.weak(),
        }
    }
    /// Checks that the event is an image when there is more than one run, and that they are equally long in it and in `made`.
    ///
    /// # Errors
    /// E0205 where it is not so.
    pub fn check(self, args: &Args, input: &[usize], made: &[usize]) -> Result<(), Diag> {
        let Runs(g) = self;
        if g <= 1 {
            return Ok(());
        }
        let name = Runs::PARAM.name;
        let [c, _, _] = input else {
            let d =
                args.error(name, "`colours` parts the channels of an image", "there are no channels here");
            return Err(d.help("leave it out"));
        };
        match [&[*c], made].concat().into_iter().find(|n| n % g != 0) {
            None => Ok(()),
            Some(n) => {
                let d = args.error(
                    name,
                    format!(
                        "{n} channel{} cannot be parted into {g} equal runs",
                        if n == 1 { "" } else { "s" }
                    ),
                    format!("{g} does not divide {n}"),
                );
                if n == 1 {
                    return Err(d.help("an image of one channel is grey, and has no colours to be ordered: leave `colours` out"));
                }
                let next = n.div_ceil(g) * g;
                Err(d.help(format!("make {next} channels of them, or leave `colours` out")))
            }
        }
    }
    /// The same for a layer with a mask, without which runs mean nothing.
    ///
    /// # Errors
    /// E0205 for runs without a mask, and as [`Runs::check`].
    pub fn check_masked(self, args: &Args, mask: Mask, input: &[usize], made: &[usize]) -> Result<(), Diag> {
        if self.0 > 1 && mask == Mask::None {
            let d = args.error(
                Runs::PARAM.name,
                "`colours` orders the channels of a mask, and there is none",
                "no mask",
            );
            return Err(d.help("write `mask: A` or `mask: B` beside it"));
        }
        self.check(args, input, made)
    }
}
