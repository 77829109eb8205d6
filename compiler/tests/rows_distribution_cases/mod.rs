//! One case or more for every distribution row.
//!
//! The log-densities were computed once with SciPy 1.x (`scipy.stats`: `norm`, `laplace`, `logistic`, `cauchy`, `gumbel_r`, `t`,
//! `lognorm(s=scale, scale=exp(loc))`, `halfnorm`, `expon(scale=1/rate)`, `uniform`, `gamma(a, scale=1/rate)`, `beta`, `dirichlet`, `multivariate_normal`,
//! `bernoulli`, `poisson`, `nbinom(r, r / (r + mean))`, `geom` of x + 1, `binom`, `vonmises(kappa=concentration)`; `scipy.special.log_softmax` for classes; differences of `logistic.cdf` (below the centre) or `.sf` (above) for the
//! discretised logistic; `logsumexp` of those and of `norm.logpdf` for the mixtures; `truncnorm`, and `logpdf - ln(cdf(high) - cdf(low))`
//! for the other truncated ones), in double precision.

mod forms;

use crate::rows_common::Line;

/// What an event ranges over, for sums and integrals.
#[derive(Clone, Copy, Debug)]
pub enum Domain {
    /// Each element is one number of this line.
    Each(Line),
    /// Each element is one number between the first and the last of these, where the density has kinks or jumps at those between.
    Pieces(&'static [f64]),
    /// Each element is one of 0 .. n.
    Levels(usize),
    /// The whole event is one of n one-hot vectors.
    OneHot(usize),
    /// The whole event is (t, 1 - t).
    Segment,
    /// The whole event is (t, (1 - t) s, (1 - t) (1 - s)).
    Triangle,
    /// The whole event is a point of the plane.
    Plane,
    /// The whole event is a point of space.
    Space,
}

impl Domain {
    /// Whether the density belongs to the event as a whole.
    pub fn vector(self) -> bool {
        match self {
            Domain::Each(_) | Domain::Pieces(_) | Domain::Levels(_) => false,
            Domain::OneHot(_) | Domain::Segment | Domain::Triangle | Domain::Plane | Domain::Space => true,
        }
    }
}

/// All cases: those of the rows, then those of the forms around them.
pub fn all() -> impl Iterator<Item = &'static Case> {
    ROWS.iter().chain(forms::TRUNCATED).chain(forms::MIXTURES)
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
const CIRCLE: Domain = Domain::Each(Line::Between(-std::f64::consts::PI, std::f64::consts::PI));
const POSITIVE: Domain = Domain::Each(Line::Positive);
const COUNTED: &[f64] = &[1.0, 6.0, 30.0];
const COUNT_RATES: Par = Some((&[3], &[0.3, 4.0, 35.0]));
const CLUSTERS: Par = Some((&[3], &[0.4, 2.0, 15.0]));
const LOGITS3: Par = Some((&[2, 3], &[0.1, -1.0, 2.0, 0.0, 0.5, 0.2]));
const LOGITS3B: Par = Some((&[2, 3], &[0.4, 0.2, -2.0, 0.3, 0.1, 1.2]));

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

const ROWS: &[Case] = &[
    case(
        "Normal",
        &[LOC, SCALE],
        &[LOC2, SCALE2],
        &[3],
        X,
        &[-0.30579135264472734, -4.501469898453695, 1.9967937403493181],
        REALS,
    ),
    case(
        "Laplace",
        &[LOC, WIDE],
        &[LOC2, SCALE2],
        &[3],
        X,
        &[-0.4, -3.6943636669162334, 0.17314355131420975],
        REALS,
    ),
    case(
        "Logistic",
        &[LOC, SCALE],
        &[],
        &[3],
        X,
        &[-0.7328833242399598, -3.1635193510554585, 1.5697017687540855],
        REALS,
    ),
    case(
        "Cauchy",
        &[LOC, SCALE],
        &[LOC2, SCALE2],
        &[3],
        X,
        &[-0.6000027104077282, -3.6359888658180717, 1.7025823825863171],
        REALS,
    ),
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
        "Dirichlet",
        &[Some((&[3], &[1.5, 2.5, 3.2]))],
        &[Some((&[3], &[2.0, 1.2, 2.1]))],
        &[3],
        &[0.2, 0.5, 0.3],
        &[1.4143627233217302],
        Domain::Triangle,
    ),
    case(
        "MultivariateNormal",
        // L = ((1, 0, 0), (0.7, 1.1, 0), (-0.4, 0.5, 1.2)); what lies above the diagonal is not read.
        &[
            Some((&[3], &[0.3, -0.2, 0.1])),
            Some((&[3, 3], &[0.0, 7.0, -3.0, 0.7, 0.09531017980432493, 5.0, -0.4, 0.5, 0.1823215567939546])),
        ],
        &[Some((&[3], &[0.1, 0.4, -0.3])), Some((&[3, 3], &[0.3, 0.0, 0.0, -0.4, 0.1, 0.0, 0.2, -0.6, 0.4]))],
        &[3],
        &[1.1, 0.5, -0.7],
        &[-3.4651647374978802],
        Domain::Space,
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
        "VonMises",
        &[LOC, Some((&[3], &[0.5, 4.0, 80.0]))],
        &[LOC2, Some((&[3], &[1.5, 0.2, 30.0]))],
        &[3],
        X,
        &[-1.4093934966742057, -6.223893147287602, 1.254502922131278],
        CIRCLE,
    ),
    case(
        "Poisson",
        &[COUNT_RATES, None],
        &[Some((&[3], &[0.5, 3.0, 40.0])), None],
        &[3],
        COUNTED,
        &[-1.5039728043259362, -2.2614850452907582, -2.9977945041477483],
        Domain::Levels(200),
    ),
    case(
        "Poisson",
        &[None, Some((&[3], &[-1.2, 1.0, 3.0]))],
        &[None, Some((&[3], &[-1.0, 1.5, 3.2]))],
        &[3],
        COUNTED,
        &[-1.501194211912202, -3.2975330404691463, -4.743773272017826],
        Domain::Levels(200),
    ),
    case(
        "NegativeBinomial",
        &[Some((&[3], &[0.5, 3.0, 20.0])), None, CLUSTERS],
        &[],
        &[3],
        COUNTED,
        &[-1.8284494832628058, -2.9516250572889406, -4.030127926082695],
        Domain::Levels(400),
    ),
    case(
        "NegativeBinomial",
        &[None, Some((&[3], &[-0.5, 1.0, 2.5])), CLUSTERS],
        &[],
        &[3],
        COUNTED,
        &[-1.7919202229071942, -3.0793532012812044, -7.527225642801525],
        Domain::Levels(400),
    ),
    case(
        "Geometric",
        &[Some((&[3], &[0.4, -1.5, 1.2])), None],
        &[Some((&[3], &[0.1, -1.0, 1.5])), None],
        &[3],
        &[2.0, 5.0, 0.0],
        &[-2.339045757199858, -2.7084796678965146, -0.26328246733803135],
        Domain::Levels(400),
    ),
    case(
        "Geometric",
        &[None, Some((&[3], &[0.3, 0.85, 0.12]))],
        &[None, Some((&[3], &[0.4, 0.7, 0.2]))],
        &[3],
        &[2.0, 5.0, 0.0],
        &[-1.917322692203401, -9.64811885392718, -2.120263536200091],
        Domain::Levels(400),
    ),
    case(
        "Binomial",
        &[Some((&[], &[12.0])), Some((&[3], &[0.4, -1.5, 1.2])), None],
        &[],
        &[3],
        &[2.0, 5.0, 0.0],
        &[-5.966528286773009, -3.2423979439786033, -17.559389608056367],
        Domain::Levels(13),
    ),
    case(
        "Binomial",
        &[Some((&[], &[60.0])), None, Some((&[3], &[0.3, 0.85, 0.12]))],
        &[],
        &[3],
        &[20.0, 55.0, 3.0],
        &[-2.374536595907255, -2.9109048143451197, -3.2067272372174846],
        Domain::Levels(61),
    ),
];
