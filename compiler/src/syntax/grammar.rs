//! The pest parser and what the user calls each of its rules.

use pest_derive::Parser;

/// The parser that pest derives from `grammar/gm.pest`.
#[derive(Parser)]
#[grammar = "../../grammar/gm.pest"]
pub struct GmParser;

/// The words of a message for a rule; `None` for rules that no message should name: whole containers, operators (too many
/// to list) and the `compat_*` rules, which are not the language.
#[expect(clippy::too_many_lines, reason = "one match over all rules of the grammar")]
pub fn described(rule: Rule) -> Option<&'static str> {
    match rule {
        Rule::use_item
        | Rule::dim_item
        | Rule::alias_item
        | Rule::param_item
        | Rule::fn_item
        | Rule::data_item
        | Rule::net_item
        | Rule::flow_item
        | Rule::model_item
        | Rule::guide_item
        | Rule::train_item
        | Rule::eval_item => Some("an item"),
        Rule::EOI => Some("the end of the item"),
        Rule::fn_param => Some("a parameter"),
        Rule::split => Some("`split (..)`"),
        Rule::in_order => Some("`in order`"),
        Rule::part => Some("a part such as `train 0.9`"),
        Rule::binding => Some("`name: type`"),
        Rule::ty => Some("a type"),
        Rule::shape => Some("a shape such as `[16]`"),
        Rule::given => Some("`given (..)`"),
        Rule::given_names => Some("`given ..`"),
        Rule::body => Some("`{`"),
        Rule::layer | Rule::repeat | Rule::layer_call => Some("a layer"),
        Rule::call => Some("a name"),
        Rule::args => Some("`(`"),
        Rule::arg => Some("an argument"),
        Rule::conds => Some("`(..)`"),
        Rule::per_datum => Some("`[..]`"),
        Rule::auto | Rule::start | Rule::draw | Rule::bind => {
            Some("a site such as `z ~ D(..)` or `x = f(z)`")
        }
        Rule::order => Some("an order such as `raster` or `1..T`"),
        Rule::from_file => Some("`from \"f.safetensors\"`"),
        Rule::by => Some("`by ..`"),
        Rule::pattern => Some("a name"),
        Rule::let_statement => Some("`let`"),
        Rule::let_bind => Some("`name = value`"),
        Rule::player => Some("`player`"),
        Rule::owns => Some("`owns`"),
        Rule::owned => Some("the name of a net"),
        Rule::goal => Some("`maximizes` or `minimizes`"),
        Rule::using => Some("`using`"),
        Rule::within => Some("`within`"),
        Rule::setting | Rule::eval_setting => Some("a setting such as `epochs 20`"),
        Rule::setting_value | Rule::keyed_value | Rule::value | Rule::quantity => Some("a value"),
        Rule::unit => Some("a unit"),
        Rule::expr
        | Rule::expect
        | Rule::others
        | Rule::another
        | Rule::under
        | Rule::divergence
        | Rule::entropy
        | Rule::chain
        | Rule::weights
        | Rule::log_prob
        | Rule::densities
        | Rule::before
        | Rule::at
        | Rule::place
        | Rule::call_value
        | Rule::field
        | Rule::paren
        | Rule::list => Some("an expression"),
        Rule::name => Some("a name"),
        Rule::hole => Some("`·`"),
        Rule::number => Some("a number"),
        Rule::string => Some("text in quotes"),
        Rule::comma => Some("`,`"),
        Rule::semi => Some("`;`"),
        Rule::colon => Some("`:`"),
        Rule::equals => Some("`=`"),
        Rule::tilde => Some("`~`"),
        Rule::bar => Some("`|`"),
        Rule::less => Some("`<`"),
        Rule::arrow => Some("`->`"),
        Rule::up_to => Some("`..`"),
        Rule::biarrow => Some("`<->`"),
        Rule::lparen => Some("`(`"),
        Rule::rparen => Some("`)`"),
        Rule::lbracket => Some("`[`"),
        Rule::rbracket => Some("`]`"),
        Rule::lbrace => Some("`{`"),
        Rule::rbrace => Some("`}`"),
        Rule::kw_use => Some("`use`"),
        Rule::kw_dim => Some("`dim`"),
        Rule::kw_type => Some("`type`"),
        Rule::kw_data => Some("`data`"),
        Rule::kw_net => Some("`net`"),
        Rule::kw_flow => Some("`flow`"),
        Rule::kw_param => Some("`param`"),
        Rule::kw_fn => Some("`fn`"),
        Rule::kw_model => Some("`model`"),
        Rule::kw_guide => Some("`guide`"),
        Rule::kw_train => Some("`train`"),
        Rule::kw_eval => Some("`eval`"),
        Rule::kw_from => Some("`from`"),
        Rule::kw_split => Some("`split`"),
        Rule::kw_in => Some("`in`"),
        Rule::kw_order => Some("`order`"),
        Rule::kw_given => Some("`given`"),
        Rule::kw_repeat => Some("`repeat`"),
        Rule::kw_as => Some("`as`"),
        Rule::kw_by => Some("`by`"),
        Rule::kw_let => Some("`let`"),
        Rule::kw_player => Some("`player`"),
        Rule::kw_owns => Some("`owns`"),
        Rule::kw_maximizes => Some("`maximizes`"),
        Rule::kw_minimizes => Some("`minimizes`"),
        Rule::kw_using => Some("`using`"),
        Rule::kw_within => Some("`within`"),
        Rule::kw_simultaneous | Rule::simultaneous => Some("`simultaneous`"),
        Rule::others_open => Some("an expression"),
        Rule::kw_log | Rule::expect_open | Rule::under_open | Rule::kw_kl | Rule::kw_h => {
            Some("an expression")
        }
        Rule::sum_open | Rule::mean_open => Some("an expression"),
        Rule::density | Rule::conditional => Some("a density such as `q(z | x)`"),
        Rule::condition | Rule::point => Some("the name of a site"),
        Rule::bars => Some("`||`"),
        Rule::over => Some("`/`"),
        Rule::spec
        | Rule::one_item
        | Rule::one_value
        | Rule::item
        | Rule::bindings
        | Rule::site
        | Rule::sep
        | Rule::train_statement
        | Rule::train_word
        | Rule::player_clause
        | Rule::eval_statement
        | Rule::primary
        | Rule::prefix
        | Rule::infix
        | Rule::hspace
        | Rule::ident_char
        | Rule::WHITESPACE
        | Rule::COMMENT => None,
        Rule::neg | Rule::add | Rule::sub | Rule::mul | Rule::div | Rule::pow => None,
        Rule::kw_target
        | Rule::left_arrow
        | Rule::compat_dotted
        | Rule::compat_named_sign
        | Rule::missing
        | Rule::compat_setting_sign
        | Rule::compat_arrow
        | Rule::compat_assign
        | Rule::compat_target
        | Rule::compat_setting
        | Rule::compat_player
        | Rule::compat_owns
        | Rule::compat_power
        | Rule::compat_bars
        | Rule::points
        | Rule::compat_up_to => None,
    }
}

/// Tokens that the builder steps over: they carry no meaning beyond their place.
pub fn is_punctuation(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::comma
            | Rule::semi
            | Rule::colon
            | Rule::tilde
            | Rule::less
            | Rule::arrow
            | Rule::lparen
            | Rule::rparen
            | Rule::lbracket
            | Rule::rbracket
            | Rule::lbrace
            | Rule::rbrace
            | Rule::equals
            | Rule::bar
            | Rule::expect_open
            | Rule::others_open
            | Rule::EOI
            | Rule::kw_use
            | Rule::kw_dim
            | Rule::kw_type
            | Rule::kw_data
            | Rule::kw_net
            | Rule::kw_flow
            | Rule::kw_param
            | Rule::kw_fn
            | Rule::kw_model
            | Rule::kw_guide
            | Rule::kw_train
            | Rule::kw_eval
            | Rule::kw_from
            | Rule::kw_split
            | Rule::kw_in
            | Rule::kw_order
            | Rule::kw_given
            | Rule::kw_repeat
            | Rule::kw_as
            | Rule::kw_by
            | Rule::kw_let
            | Rule::kw_player
            | Rule::kw_owns
            | Rule::kw_using
            | Rule::kw_within
            | Rule::kw_log
            | Rule::kw_kl
            | Rule::kw_h
            | Rule::sum_open
            | Rule::mean_open
            | Rule::bars
            | Rule::over
    )
}
