//! When the columns of a body's values are final, and when they are read: see [`super::columns`].

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few ops are treated in their own way; all others are alike"
)]

use super::columns::{Dep, Kernels, Places, many};
use super::degrees::{self, Degrees};
use super::graph::{Graph, Node, Value};
use super::op::*;
use super::ops::Local;
use super::shape::Ty;
use super::steps;
use super::value_map::ValueMap;

/// Of what does not read the canvas at all.
const ALWAYS: isize = isize::MAX / 4;
/// Of what is not read.
const UNREAD: isize = isize::MIN / 4;

/// What is known of the values of a body before it is cut. Places are counted in the order in which they are drawn.
pub(super) struct Known {
    /// How they depend on the canvas.
    pub dep: ValueMap<Dep>,
    /// So many places before a column lies the last place of the canvas that it reads: 0 where that is its own.
    lag: ValueMap<isize>,
    /// By how many places the farthest column that is read lies behind the place of the iteration.
    read: ValueMap<isize>,
    /// Of convolutions, how many of the kernel's elements along its first axis with places are read.
    pub taps: ValueMap<Option<usize>>,
    /// Iterations at one place.
    pub unit: usize,
    /// Of masked vectors, how many places must be drawn before each element is final.
    pub degrees: Degrees,
    /// The place of a canvas that is a vector.
    pub place: Option<At>,
}

impl Known {
    /// Of all values of a body, for places along `places` of the canvas.
    pub fn of(body: &Graph, canvas: Value, places: &[(usize, At)], kernels: &Kernels) -> Known {
        let unit = places.iter().map(|(_, at)| at.div).min().unwrap_or(1).max(1);
        let mut known = Known {
            dep: ValueMap::new(body, Dep::Fixed),
            lag: ValueMap::new(body, ALWAYS),
            read: ValueMap::new(body, UNREAD),
            taps: ValueMap::new(body, None),
            unit,
            degrees: ValueMap::new(body, None),
            place: None,
        };
        known.lag[canvas] = 0;
        let canvas_places = many(&body.ty(canvas).shape, places.to_vec());
        if let ([(1, at)], 2) = (canvas_places.as_slice(), body.rank(canvas)) {
            known.place = Some(*at).filter(|at| at.offset == 0 && at.div == 1);
        }
        for (v, node) in body.iter() {
            let of = match known.depends(body, node) {
                _ if v == canvas => Dep::Placed(canvas_places.clone()),
                Dep::Placed(p) => match known.settles(body, node, &p, kernels) {
                    Some(lag) => {
                        known.lag[v] = lag;
                        Dep::Placed(p)
                    }
                    None => Dep::Whole,
                },
                other => other,
            };
            if let (Dep::Placed(p), Op::Conv2d(conv)) = (&of, &node.op) {
                known.taps[v] = taps(body, (node, conv), p, kernels).and_then(|taps| last(conv, &taps, p));
            }
            let lag = known.lag[v];
            let degrees = degrees::of(body, node, (&of, lag), (&known.degrees, &known.dep), kernels);
            known.degrees[v] = degrees.filter(|_| known.place.is_some());
            known.dep[v] = of;
        }
        for (v, node) in body.iter().rev() {
            known.reads(body, v, node, kernels);
        }
        known
    }

    /// Of the values of a loop's body, of which nothing is kept beside its states.
    pub fn inside(body: &Graph, dep: ValueMap<Dep>, unit: usize) -> Known {
        Known {
            dep,
            lag: ValueMap::new(body, UNREAD),
            read: ValueMap::new(body, UNREAD),
            taps: ValueMap::new(body, None),
            unit,
            degrees: ValueMap::new(body, None),
            place: None,
        }
    }

    /// By how many places the columns of a value that are computed and kept lie behind the place of the iteration: none, where they need not
    /// be read earlier; one before it, where they read their own place of the canvas.
    pub fn lead(&self, v: Value) -> isize {
        self.read[v].max(0).min(self.lag[v] - 1)
    }

    /// The same of the last column that is made, which may not be final.
    pub fn made(&self, v: Value) -> isize {
        self.lead(v).max(self.read[v].min(0))
    }

    fn depends(&self, body: &Graph, node: &Node) -> Dep {
        let args: Vec<&Dep> = node.args.iter().map(|a| &self.dep[*a]).collect();
        if matches!(node.op, Op::DynSlice(_) | Op::DynUpdate(_) | Op::Random(_))
            || args.iter().any(|d| **d == Dep::Here)
        {
            Dep::Here
        } else if args.iter().all(|d| **d == Dep::Fixed) {
            Dep::Fixed
        } else if let Some((of, l, k)) = steps::of(body, node) {
            match steps::places(body, l, &body.node(of).args, &self.dep, k) {
                Some(places) => Dep::Placed(many(&node.ty.shape, places)),
                None => Dep::Whole,
            }
        } else if args.iter().any(|d| **d == Dep::Whole) {
            Dep::Whole
        } else {
            let tys: Vec<&Ty> = node.args.iter().map(|a| body.ty(*a)).collect();
            // A part of the batch axis cannot be cut out: only what needs no cutting has places there.
            let along_batch = |places: &Places, ty: &Ty| {
                places.iter().any(|(axis, _)| ty.shape.0.get(*axis).is_some_and(|d| d.batch))
            };
            let placed = args.iter().zip(&tys);
            let beside = placed.clone().any(|(d, ty)| matches!(d, Dep::Placed(p) if along_batch(p, ty)));
            let alone = |(d, ty): (&&Dep, &&Ty)| {
                matches!(d, Dep::Placed(_)) || ty.shape.0.first().is_none_or(|d| d.is_one())
            };
            let goes = match &node.op {
                Op::Reshape(_) | Op::Cast(_) | Op::Lookup(_) => true,
                Op::MatMul(_) => args.last().is_some_and(|d| **d == Dep::Fixed),
                op => op.rule().elementwise().is_some() && args.iter().zip(&tys).all(alone),
            };
            match node.op.rule().places(&args, &tys, &node.ty) {
                Some(places) if goes || !(beside || along_batch(&places, &node.ty)) => {
                    Dep::Placed(many(&node.ty.shape, places))
                }
                Some(_) | None => Dep::Whole,
            }
        }
    }

    /// How many places before its own the last one lies that a value reads. `None` where it reads later ones, or where what is known early
    /// is not known early enough for what is read of it.
    fn settles(&self, body: &Graph, node: &Node, places: &Places, kernels: &Kernels) -> Option<isize> {
        let of_args = node.args.iter().map(|a| self.lag[*a]).min().unwrap_or(ALWAYS);
        match &node.op {
            Op::Conv2d(conv) => {
                let Some(most) = self.farthest(&taps(body, (node, conv), places, kernels)?, places) else {
                    return Some(of_args);
                };
                let lag = of_args - most;
                (lag >= isize::from(most > 0)).then_some(lag)
            }
            // A step is made at its place, from the state behind the place before: no earlier.
            Op::LoopResult(_) => {
                let read = steps::of(body, node)
                    .map_or(Vec::new(), |(of, l, _)| steps::read(l, &body.node(of).args));
                Some(read.iter().map(|a| self.lag[*a]).min().unwrap_or(ALWAYS).min(1))
            }
            Op::Pad(p) => Some(of_args + self.apart(places, p.axis) * p.before as isize),
            _ => Some(of_args),
        }
    }

    /// How many places lie between neighbours along an axis; 0 where none lie along it.
    fn apart(&self, places: &Places, axis: usize) -> isize {
        let at = places.iter().find(|(a, _)| *a == axis);
        at.map_or(0, |(_, at)| (at.div / self.unit) as isize)
    }

    /// How many places behind its own the last one lies that a convolution reads.
    fn farthest(&self, taps: &[Vec<isize>], places: &Places) -> Option<isize> {
        let flat = |away: &Vec<isize>| -> isize {
            away.iter().zip(places).map(|(d, (axis, _))| d * self.apart(places, *axis)).sum()
        };
        taps.iter().map(flat).max()
    }

    /// Notes what a value reads of its arguments.
    fn reads(&mut self, body: &Graph, v: Value, node: &Node, kernels: &Kernels) {
        let ahead = match (&self.dep[v], &node.op) {
            (Dep::Here, _) => 0,
            (Dep::Placed(_), _) if self.read[v] == UNREAD => return,
            (Dep::Placed(places), Op::Conv2d(conv)) => {
                let taps = taps(body, (node, conv), places, kernels).unwrap_or_default();
                self.made(v) + self.farthest(&taps, places).unwrap_or(0)
            }
            (Dep::Placed(places), Op::Pad(p)) => {
                self.made(v) - self.apart(places, p.axis) * p.before as isize
            }
            (Dep::Placed(_), _) => self.made(v),
            (Dep::Fixed | Dep::Whole, _) => return,
        };
        let of_loop = steps::of(body, node).map(|(of, l, _)| steps::read(l, &body.node(of).args));
        for a in of_loop.as_ref().unwrap_or(&node.args) {
            if matches!(self.dep[*a], Dep::Placed(_)) {
                self.read[*a] = self.read[*a].max(ahead);
            }
        }
    }
}

/// How many elements of a kernel there are up to the last one that is read, along the first axis of places.
fn last(conv: &Conv2d, taps: &[Vec<isize>], places: &Places) -> Option<usize> {
    let of = |v: [usize; 2]| if places.first().is_some_and(|(axis, _)| *axis == 2) { v[0] } else { v[1] };
    let away = taps.iter().filter_map(|away| away.first()).max()?;
    let tap = usize::try_from(away + of(conv.0.pad) as isize).ok()?;
    Some(tap / of(conv.0.dilation).max(1) + 1)
}

/// How far the places that a convolution reads lie from that of its result, along each axis of places; without the taps of its kernel that
/// are known to be 0, and without those that are never inside. `None` where the kernel is no matrix.
fn taps(
    body: &Graph,
    (node, conv): (&Node, &Conv2d),
    places: &Places,
    kernels: &Kernels,
) -> Option<Vec<Vec<isize>>> {
    let [x, w] = node.args.as_slice() else { return None };
    let kernel: Vec<usize> = body.shape(*w).0.iter().skip(2).map(|d| d.n).collect();
    let &[rows, columns] = kernel.as_slice() else { return None };
    let known = match &body.node(*w).op {
        Op::Input(i) => match Local::named(&i.name) {
            Some(Local::Read(k)) => kernels.get(&k),
            Some(Local::Carry(_) | Local::Position) | None => None,
        },
        _ => None,
    };
    let size = body.shape(*x);
    let away = |tap: usize, axis: usize| -> isize {
        let of = |v: [usize; 2]| if axis == 2 { v[0] } else { v[1] };
        (tap * of(conv.0.dilation)) as isize - of(conv.0.pad) as isize
    };
    let live = (0..rows * columns).filter(|t| known.is_none_or(|k| k.get(*t) != Some(&false)));
    let to = |t: usize| -> Vec<isize> {
        let tap = |axis: usize| if axis == 2 { t / columns.max(1) } else { t % columns.max(1) };
        places.iter().map(|(axis, _)| away(tap(*axis), *axis)).collect()
    };
    let inside = |away: &Vec<isize>| {
        let fits = |(d, (axis, _)): (&isize, &(usize, At))| {
            size.0.get(*axis).is_some_and(|n| d.unsigned_abs() < n.n)
        };
        away.iter().zip(places).all(fits)
    };
    Some(live.map(to).filter(inside).collect())
}
