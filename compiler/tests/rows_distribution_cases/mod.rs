//! One case or more for every distribution row.
//!
//! The log-densities were computed once with SciPy 1.x (`scipy.stats`: `norm`, `laplace`, `logistic`, `cauchy`, `gumbel_r`, `t`,
//! `lognorm(s=scale, scale=exp(loc))`, `halfnorm`, `expon(scale=1/rate)`, `uniform`, `gamma(a, scale=1/rate)`, `beta`, `dirichlet`, `multivariate_normal`,
//! `bernoulli`; `scipy.special.log_softmax` for classes; differences of `logistic.cdf` (below the centre) or `.sf` (above) for the
//! discretised logistic; `logsumexp` of those and of `norm.logpdf` for the mixtures; `truncnorm`, and `logpdf - ln(cdf(high) - cdf(low))`
//! for the other truncated ones), in double precision.
#![allow(dead_code, reason = "each test file uses its part")]

use crate::rows_common::Line;

/// What an event ranges over, for sums and integrals.
#[derive(Clone, Copy, Debug)]
pub enum Domain {
    /// Each element is one number of this line.
    Each(Line),
    /// Each element is one of 0 .. n.
    Levels(usize),
    /// The whole event is one of n one-hot vectors.
    OneHot(usize),
    /// The whole event is (t, 1 - t).
    Segment,
    /// The whole event is a point of the plane.
    Plane,
}

/// Values of one parameter: axes without the batch, and elements.
pub type Par = Option<(&'static [usize], &'static [f64])>;

pub struct Case {
    /// The row, forms first: `Mixture Truncated Normal`.
    pub row: &'static str,
    /// Parameters.
    pub params: &'static [Par],
    /// A second set of parameters, for the KL with a distribution of the same row; empty where none is known.
    pub other: &'static [Par],
    /// Axes of the event.
    pub event: &'static [usize],
    /// A point.
    pub x: &'static [f64],
    /// Its log-density (for the whole event where the domain is one of vectors).
    pub log_prob: &'static [f64],
    pub domain: Domain,
}

const LOC: Par = Some((&[3], &[0.3, -1.2, 2.0]));
const SCALE: Par = Some((&[3], &[0.5, 1.7, 0.05]));
/// For a density with a kink, which the integration rule must resolve.
const WIDE: Par = Some((&[3], &[0.5, 1.7, 0.4]));
const LOC2: Par = Some((&[3], &[0.1, -1.0, 1.9]));
const SCALE2: Par = Some((&[3], &[0.7, 1.1, 0.2]));
const X: &[f64] = &[0.1, 3.0, 2.02];
const REALS: Domain = Domain::Each(Line::Reals);
const POSITIVE: Domain = Domain::Each(Line::Positive);
const LOGITS3: Par = Some((&[2, 3], &[0.1, -1.0, 2.0, 0.0, 0.5, 0.2]));
const LOGITS3B: Par = Some((&[2, 3], &[0.4, 0.2, -2.0, 0.3, 0.1, 1.2]));

const ZERO: Par = Some((&[], &[0.0]));
const TWO: Par = Some((&[], &[2.0]));
const THREE: Par = Some((&[], &[3.0]));
const MINUS_ONE: Par = Some((&[], &[-1.0]));
const INSIDE: &[f64] = &[0.1, 0.7, 2.02];
const FROM_0_TO_2: Domain = Domain::Each(Line::Between(0.0, 2.0));
const FROM_MINUS_1_TO_3: Domain = Domain::Each(Line::Between(-1.0, 3.0));
const WEIGHTS: Par = Some((&[2, 3], &[0.3, -0.5, 1.0, 0.0, 0.2, -0.1]));
const CENTRES: Par = Some((&[2, 3], &[-1.0, 0.0, 2.0, 0.5, -0.5, 3.0]));
const WIDTHS: Par = Some((&[2, 3], &[0.5, 0.2, 1.0, 0.3, 0.6, 0.8]));

const fn case(
    row: &'static str,
    params: &'static [Par],
    other: &'static [Par],
    event: &'static [usize],
    x: &'static [f64],
    log_prob: &'static [f64],
    domain: Domain,
) -> Case {
    Case { row, params, other, event, x, log_prob, domain }
}

pub const CASES: &[Case] = &[
    case("Normal", &[LOC, SCALE], &[LOC2, SCALE2], &[3], X, &[-0.30579135264472734, -4.501469898453695, 1.9967937403493181], REALS),
    case("Laplace", &[LOC, WIDE], &[LOC2, SCALE2], &[3], X, &[-0.4, -3.6943636669162334, 0.17314355131420975], REALS),
    case("Logistic", &[LOC, SCALE], &[], &[3], X, &[-0.7328833242399598, -3.1635193510554585, 1.5697017687540855], REALS),
    case("Cauchy", &[LOC, SCALE], &[LOC2, SCALE2], &[3], X, &[-0.6000027104077282, -3.6359888658180717, 1.7025823825863171], REALS),
    case(
        "Gumbel",
        &[LOC, SCALE],
        &[LOC2, Some((&[3], &[0.7, 2.1, 0.2]))],
        &[3],
        X,
        &[-0.39867751708132515, -3.0857516041896296, 1.9254122275183514],
        REALS,
    ),
    case(
        "StudentT",
        &[Some((&[3], &[1.5, 4.0, 30.0])), LOC, SCALE],
        &[],
        &[3],
        X,
        &[-0.5101937220973048, -3.828002119148908, 1.9860149452723437],
        REALS,
    ),
    case(
        "LogNormal",
        &[LOC, Some((&[3], &[0.5, 0.7, 0.2]))],
        &[LOC2, SCALE2],
        &[3],
        &[0.4, 0.7, 8.0],
        &[-2.268226909656507, -0.9313000230626571, -1.4678291442562723],
        POSITIVE,
    ),
    case(
        "HalfNormal",
        &[SCALE],
        &[SCALE2],
        &[3],
        &[0.1, 3.0, 0.02],
        &[0.4473558279152179, -2.313513029312434, 2.6899409209092635],
        POSITIVE,
    ),
    case(
        "Exponential",
        &[Some((&[3], &[0.5, 1.7, 20.0]))],
        &[Some((&[3], &[0.8, 1.1, 9.0]))],
        &[3],
        &[0.1, 3.0, 0.02],
        &[-0.7431471805599453, -4.569371748937829, 2.595732273553991],
        POSITIVE,
    ),
    case(
        "Uniform",
        &[Some((&[], &[-0.5])), Some((&[], &[2.0]))],
        &[Some((&[], &[-1.0])), Some((&[], &[4.0]))],
        &[2],
        &[0.1, 1.9],
        &[-0.9162907318741551, -0.9162907318741551],
        Domain::Each(Line::Between(-0.5, 2.0)),
    ),
    case(
        "Gamma",
        &[Some((&[3], &[0.5, 2.5, 9.0])), Some((&[3], &[0.5, 1.7, 20.0]))],
        &[Some((&[3], &[0.8, 1.5, 11.0])), Some((&[3], &[0.8, 1.1, 9.0]))],
        &[3],
        &[0.1, 3.0, 0.02],
        &[0.18235401329235013, -2.4101938098153286, -15.339196484184502],
        POSITIVE,
    ),
    case(
        "Beta",
        &[Some((&[3], &[1.5, 2.0, 7.0])), Some((&[3], &[3.0, 1.2, 1.0]))],
        &[Some((&[3], &[1.1, 2.5, 4.0])), Some((&[3], &[2.0, 1.7, 1.3]))],
        &[3],
        &[0.1, 0.5, 0.97],
        &[0.5193580501050667, 0.13900230048629036, 1.763154904147062],
        Domain::Each(Line::Between(0.0, 1.0)),
    ),
    case(
        "Dirichlet",
        &[Some((&[2], &[1.5, 2.5]))],
        &[Some((&[2], &[2.0, 1.2]))],
        &[2],
        &[0.3, 0.7],
        &[0.49086001831931436],
        Domain::Segment,
    ),
    case(
        "MultivariateNormal",
        // L = ((e^-0.5, 0), (0.7, e^0.2)); the 9 is not read.
        &[Some((&[2], &[0.3, -0.8])), Some((&[2, 2], &[-0.5, 9.0, 0.7, 0.2]))],
        &[Some((&[2], &[0.1, 0.4])), Some((&[2, 2], &[0.3, 0.0, -0.4, 0.1]))],
        &[2],
        &[1.1, 0.5],
        &[-2.4552914899585154],
        Domain::Plane,
    ),
    case(
        "Bernoulli",
        &[Some((&[3], &[0.4, -2.0, 3.0])), None],
        &[Some((&[3], &[-0.4, -1.0, 1.5])), None],
        &[3],
        &[1.0, 0.0, 0.0],
        &[-0.5130152523999526, -0.1269280110429725, -3.048587351573745],
        Domain::Levels(2),
    ),
    case(
        "Bernoulli",
        &[None, Some((&[3], &[0.3, 0.85, 0.02]))],
        &[None, Some((&[3], &[0.5, 0.7, 0.1]))],
        &[3],
        &[1.0, 0.0, 0.0],
        &[-1.2039728043259361, -1.897119984885881, -0.02020270731751945],
        Domain::Levels(2),
    ),
    case(
        "Categorical",
        &[LOGITS3, None],
        &[LOGITS3B, None],
        &[2],
        &[2.0, 0.0],
        &[-0.18178448558911336, -1.3532865553292492],
        Domain::Levels(3),
    ),
    case(
        "Categorical",
        &[None, Some((&[2, 3], &[0.2, 0.3, 0.5, 0.6, 0.3, 0.1]))],
        &[None, Some((&[2, 3], &[0.1, 0.5, 0.4, 0.2, 0.2, 0.6]))],
        &[2],
        &[0.0, 0.0],
        &[-1.6094379124341003, -0.5108256237659907],
        Domain::Levels(3),
    ),
    case(
        "Categorical",
        &[Some((&[2, 2], &[0.1, -1.0, 0.0, 2.5])), None],
        &[Some((&[2, 2], &[0.4, 0.3, -1.0, 0.5])), None],
        &[2],
        &[1.0, 0.0],
        &[-1.3873353251154308, -2.5788897342925496],
        Domain::Levels(2),
    ),
    case(
        "OneHotCategorical",
        &[Some((&[3], &[0.1, -1.0, 2.0])), None],
        &[Some((&[3], &[0.4, 0.2, -2.0])), None],
        &[3],
        &[0.0, 1.0, 0.0],
        &[-3.1817844855891133],
        Domain::OneHot(3),
    ),
    case(
        "DiscretizedLogistic",
        &[Some((&[4], &[0.1, -0.4, 0.3, -0.5])), Some((&[4], &[0.2, 0.5, 0.1, 0.05])), Some((&[], &[16.0]))],
        &[],
        &[4],
        &[0.0, 7.0, 15.0, 12.0],
        &[-5.17235401201211, -2.8181844561132117, -6.335107861472279, -20.738682086034057],
        Domain::Levels(16),
    ),
    case(
        "DiscretizedLogisticMixture",
        &[
            Some((&[2, 2], &[0.3, -0.5, 0.3, -0.5])),
            Some((&[2, 2], &[-0.5, 0.6, -0.5, 0.6])),
            Some((&[2, 2], &[0.1, 0.3, 0.1, 0.3])),
            Some((&[], &[16.0])),
        ],
        &[],
        &[2],
        &[3.0, 15.0],
        &[-1.7100766006770936, -2.5667784049750244],
        Domain::Levels(16),
    ),
    case(
        "NormalMixture",
        &[
            Some((&[2, 3], &[0.3, -0.5, 1.0, 0.0, 0.2, -0.1])),
            Some((&[2, 3], &[-1.0, 0.0, 2.0, 0.5, -0.5, 3.0])),
            Some((&[2, 3], &[0.5, 0.2, 1.0, 0.3, 0.6, 0.8])),
        ],
        &[],
        &[2],
        &[0.4, -0.3],
        &[-2.2624317149357913, -1.355123132014532],
        REALS,
    ),
    case(
        "Truncated Normal",
        &[LOC, WIDE, ZERO, TWO],
        &[],
        &[3],
        &[0.1, 0.7, 1.9],
        &[0.015226978898630783, -0.5146125233048194, 0.6592499525327357],
        FROM_0_TO_2,
    ),
    case(
        "Truncated Normal",
        &[LOC, WIDE, ZERO, None],
        &[],
        &[3],
        INSIDE,
        &[0.01476261934279155, -0.6475621352899985, -0.0038975146789046837],
        POSITIVE,
    ),
    case(
        "Truncated Logistic",
        &[LOC, WIDE, MINUS_ONE, THREE],
        &[],
        &[3],
        INSIDE,
        &[-0.6563967015649638, -1.279419772608502, -0.3911404974241366],
        FROM_MINUS_1_TO_3,
    ),
    case(
        "Truncated Logistic",
        &[LOC, WIDE, ZERO, None],
        &[],
        &[3],
        INSIDE,
        &[-0.2953953737540742, -1.1070693908798392, -0.4639132156632993],
        POSITIVE,
    ),
    case(
        "Truncated Laplace",
        &[LOC, WIDE, MINUS_ONE, THREE],
        &[],
        &[3],
        INSIDE,
        &[-0.35980793247316023, -1.430709483563417, 0.21534049219954868],
        FROM_MINUS_1_TO_3,
    ),
    case(
        "Truncated Laplace",
        &[LOC, WIDE, ZERO, None],
        &[],
        &[3],
        INSIDE,
        &[-0.07923560153001002, -0.9423929569445233, 0.1765182125831952],
        POSITIVE,
    ),
    case(
        "Truncated Gumbel",
        &[LOC, WIDE, MINUS_ONE, THREE],
        &[],
        &[3],
        INSIDE,
        &[-0.394159508117358, -1.2978073134943546, -0.0028536940026602092],
        FROM_MINUS_1_TO_3,
    ),
    case(
        "Truncated Gumbel",
        &[LOC, WIDE, ZERO, None],
        &[],
        &[3],
        INSIDE,
        &[-0.22231877037369727, -1.0327391351873383, -0.08493869262655906],
        POSITIVE,
    ),
    case(
        "Truncated LogNormal",
        &[LOC, Some((&[3], &[0.5, 0.7, 0.2])), Some((&[], &[0.25])), Some((&[], &[9.0]))],
        &[],
        &[3],
        &[0.4, 0.7, 8.0],
        &[-2.2677804987746852, -0.42866029627257607, -1.2910485196884327],
        Domain::Each(Line::Between(0.25, 9.0)),
    ),
    case(
        "Truncated HalfNormal",
        &[WIDE, Some((&[], &[0.05])), TWO],
        &[],
        &[3],
        &[0.1, 1.3, 0.2],
        &[0.5304320672209786, -0.7438152009354008, 0.6702789780558581],
        Domain::Each(Line::Between(0.05, 2.0)),
    ),
    case(
        "Truncated Exponential",
        &[Some((&[3], &[0.5, 1.7, 20.0])), None, TWO],
        &[],
        &[3],
        &[0.1, 1.3, 0.02],
        &[-0.2844720351728634, -1.6454288826566503, 2.595732273553991],
        FROM_0_TO_2,
    ),
    case(
        "Truncated Uniform",
        &[Some((&[], &[-0.5])), Some((&[], &[2.0])), Some((&[], &[0.1])), Some((&[], &[1.7]))],
        &[],
        &[2],
        &[0.3, 1.6],
        &[-0.47000362924573563, -0.47000362924573563],
        Domain::Each(Line::Between(0.1, 1.7)),
    ),
    case("Mixture Laplace", &[CENTRES, WIDTHS, WEIGHTS], &[], &[2], &[0.4, -0.3], &[-2.1189403300829177, -1.2973534521681773], REALS),
    case("Mixture Logistic", &[CENTRES, WIDTHS, WEIGHTS], &[], &[2], &[0.4, -0.3], &[-1.7115079106952695, -1.474971599518025], REALS),
    case("Mixture Cauchy", &[CENTRES, WIDTHS, WEIGHTS], &[], &[2], &[0.4, -0.3], &[-2.170782543248668, -1.449113970579646], REALS),
    case("Mixture Normal", &[CENTRES, WIDTHS, WEIGHTS], &[], &[2], &[0.4, -0.3], &[-2.2624317149357913, -1.355123132014532], REALS),
    case(
        "Mixture Gamma",
        &[Some((&[2, 3], &[2.0, 1.5, 9.0, 3.0, 4.0, 2.5])), Some((&[2, 3], &[0.5, 1.0, 4.0, 2.0, 1.5, 1.0])), WEIGHTS],
        &[],
        &[2],
        &[1.4, 0.6],
        &[-1.2065625164455884, -1.4996018563480393],
        POSITIVE,
    ),
    case(
        "Mixture Beta",
        &[Some((&[2, 3], &[2.0, 1.5, 9.0, 3.0, 4.0, 2.5])), Some((&[2, 3], &[1.5, 3.0, 4.0, 2.0, 1.5, 1.0])), ZERO],
        &[],
        &[2],
        &[0.4, 0.6],
        &[-0.02144308065311573, 0.34468923652670036],
        Domain::Each(Line::Between(0.0, 1.0)),
    ),
    case(
        "Mixture Bernoulli",
        &[None, Some((&[2, 3], &[0.3, 0.85, 0.1, 0.2, 0.5, 0.9])), WEIGHTS],
        &[],
        &[2],
        &[1.0, 0.0],
        &[-1.3662436981078305, -0.7335761840965443],
        Domain::Levels(2),
    ),
    case(
        "Mixture Truncated Normal",
        &[CENTRES, WIDTHS, ZERO, None, WEIGHTS],
        &[],
        &[2],
        &[0.4, 2.3],
        &[-1.0877019716700513, -2.318106637062123],
        POSITIVE,
    ),
];
