//! The syntax: every fixture parses, formats, and breaks with a readable message.

use gmc_compiler::diag::Diag;
use gmc_compiler::diag::codes::{PAGES, page};
use gmc_compiler::diag::fix::fixed;
use gmc_compiler::diag::render::{Format, Sources, render};
use gmc_compiler::span::{FileId, Span};
use gmc_compiler::syntax::{self, ast};
use std::path::{Path, PathBuf};

/// The `.gm` files of a folder of `tests/`, sorted by name.
fn specs(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests").join(folder);
    let entries = std::fs::read_dir(&root).unwrap_or_else(|e| panic!("reading {}: {e}", root.display()));
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("a readable entry").path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "gm"));
    paths.sort();
    assert!(!paths.is_empty(), "{} holds no .gm file", root.display());
    let read = |p: PathBuf| {
        let text = std::fs::read_to_string(&p).unwrap_or_else(|e| panic!("reading {}: {e}", p.display()));
        (p, text)
    };
    paths.into_iter().map(read).collect()
}

fn parse_clean(name: &Path, text: &str) -> ast::Spec {
    let (spec, diags) = syntax::parse(FileId::SPEC, text);
    assert_eq!(diags, Vec::<Diag>::new(), "{}", name.display());
    spec
}

#[test]
fn every_spec_parses() {
    for (path, text) in specs("syntax") {
        let spec = parse_clean(&path, &text);
        assert!(spec.items.len() >= 4, "{}", path.display());
    }
}

fn rendered(name: &str, text: &str, diags: &[Diag], format: Format) -> String {
    let mut sources = Sources::new();
    sources.insert(FileId::SPEC, name, text);
    render(diags, &sources, format, false)
}

/// One snapshot for each file of `tests/bad/e01*`: its text, then what the user sees.
#[test]
fn bad_specs_are_explained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bad");
    let mut folders: Vec<String> = std::fs::read_dir(&root)
        .expect("tests/bad")
        .map(|e| e.expect("a readable entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("e01"))
        .collect();
    folders.sort();
    assert!(folders.len() > 10, "{folders:?}");
    for folder in folders {
        for (path, text) in specs(&format!("bad/{folder}")) {
            let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let (_, diags) = syntax::parse(FileId::SPEC, &text);
            let code = folder.to_uppercase();
            assert!(diags.iter().any(|d| d.code == code), "{} gives {diags:#?}", path.display());
            let shown = rendered(&format!("{stem}.gm"), &text, &diags, Format::Human);
            let mut settings = insta::Settings::clone_current();
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.bind(|| insta::assert_snapshot!(format!("{folder}_{stem}"), format!("{text}\n{shown}")));
        }
    }
}

/// Everything that formatting promises, for one text.
fn check_format(name: &str, text: &str) -> String {
    let formatted = syntax::format(text).unwrap_or_else(|d| panic!("{name}: {d:#?}"));
    let before = parse_clean(Path::new(name), text);
    let after = parse_clean(Path::new(name), &formatted);
    assert_eq!(
        syntax::strip_spans(&after),
        syntax::strip_spans(&before),
        "{name} changes meaning:\n{formatted}"
    );
    let again = syntax::format(&formatted).unwrap_or_else(|d| panic!("{name}: {d:#?}"));
    assert_eq!(again, formatted, "{name} is not stable");
    let dump = syntax::ast_text(&before);
    let reread = parse_clean(Path::new(name), &dump);
    assert_eq!(
        syntax::strip_spans(&reread),
        syntax::strip_spans(&before),
        "{name} does not survive its dump:\n{dump}"
    );
    formatted
}

#[test]
fn formatting_keeps_meaning_and_comments_and_is_stable() {
    for (path, text) in specs("syntax") {
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let formatted = check_format(&stem, &text);
        let comments = |text: &str| text.lines().filter(|l| l.contains("//") || l.contains('#')).count();
        assert_eq!(comments(&formatted), comments(&text), "{stem}:\n{formatted}");
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(format!("fmt_{stem}"), formatted));
    }
}

#[test]
fn comments_survive_wherever_they_stand() {
    let text = "\
# first

# of the net
net f(x: Real[2]) -> Real[2] { # after the brace
  dense(64), # after a layer
  # alone
  repeat 2 as i { relu # in a block
  }, // behind it
  dense(2)
  # last
} # behind the item
data x: Real[2] # inside
  from moons

model p { z ~ Normal(0, I)[2] /* no */ }
"
    .replace("/* no */ ", "");
    let formatted = check_format("comments", &text);
    for comment in [
        "# first\n\n# of the net",
        "{  # after the brace",
        "dense(64),  # after a layer",
        "  # alone\n",
        "relu  # in a block",
        "},  // behind it",
        "  # last\n}  # behind the item",
        "# inside\ndata x",
    ] {
        assert!(formatted.contains(comment), "{comment} in\n{formatted}");
    }
    assert!(formatted.contains("moons\n\nmodel"), "{formatted}");
}

/// What a text would read as, for tests of precedence.
fn expr(text: &str) -> ast::Expr {
    syntax::parse_expr(FileId::SPEC, text).unwrap_or_else(|d| panic!("{text}: {d:?}"))
}

#[test]
fn operators_bind_as_in_mathematics() {
    // The right side is fully parenthesised.
    let cases = [
        ("a + b * c", "a + (b * c)"),
        ("a - b - c", "(a - b) - c"),
        ("a / b / c", "(a / b) / c"),
        ("a^b^c", "a^(b^c)"),
        ("-a^2", "-(a^2)"),
        ("-a * b", "(-a) * b"),
        ("2^-i * 3", "(2^(-i)) * 3"),
        ("256 / 2^i", "256 / (2^i)"),
    ];
    let bare = |text: &str| {
        let goal = format!("fn f() = {text}");
        syntax::strip_spans(&parse_clean(Path::new(text), &goal))
    };
    for (text, grouped) in cases {
        assert_eq!(bare(text), bare(grouped), "{text}");
        check_format(text, &format!("fn f() = {text}"));
    }
    assert_ne!(bare("(a + b) * c"), bare("a + b * c"));
}

#[test]
fn values_of_settings_parse_alone() {
    use ast::ExprKind;
    assert!(matches!(expr("1e-3").kind, ExprKind::Number { integer: false, .. }));
    assert!(matches!(expr("20").kind, ExprKind::Number { integer: true, .. }));
    assert!(matches!(expr("10 epochs").kind, ExprKind::Quantity(..)));
    assert!(matches!(expr("0 -> 1").kind, ExprKind::Range(..)));
    assert!(matches!(expr("cosine(1e-3 -> 1e-5)").kind, ExprKind::Call(..)));
    assert!(matches!(expr("\"faces\"").kind, ExprKind::Text(..)));
    for bad in ["", "1 2", "a b", "(", "nn.x(1)", "\u{3bc}", "\"", "a)"] {
        assert!(syntax::parse_expr(FileId::SPEC, bad).is_err(), "{bad}");
    }
}

#[test]
fn clauses_find_their_player() {
    let text = "train {
  player a { owns D  maximizes E[D(x)]  using adam(lr: 1)  steps 5 }
  player b { owns G
    minimizes E[D(x)]
    using adam(lr: 2) }
  using adam(lr: 3)
  steps 100
}";
    let spec = parse_clean(Path::new("players"), text);
    let ast::Item::Train(train) = &spec.items[0] else { panic!("{spec:?}") };
    let rate = |call: &Option<ast::Call>| call.as_ref().map(|c| c.args[0].value.kind.clone());
    let number = |value| Some(ast::ExprKind::Number { value, integer: true });
    assert_eq!(rate(&train.players[0].using), number(1.0));
    assert_eq!(rate(&train.players[1].using), number(2.0));
    assert_eq!(rate(&train.using), number(3.0));
    assert!(train.players[0].steps.is_some() && train.players[1].steps.is_none());
    assert_eq!(train.settings.len(), 1);
}

/// What the first edition of the language understood by a player, the fix of its error says with braces.
#[test]
fn players_of_the_first_edition_are_put_into_braces() {
    let old = "\
train {
  player a owns D, F within clip(1) maximizes E[D(x)]  using adam(lr: 1) steps 5  # five
  player b owns G
    minimizes E[D(x)]   # on lines
    using adam(lr: 2)
  using adam(lr: 3)
  steps 100
}
train { epochs 3; player c owns D minimizes E[x]; clip 1 }
";
    let new = "\
train {
  player a { owns D, F  within clip(1)  maximizes E[D(x)]  using adam(lr: 1)  steps 5 }  # five
  player b { owns G
    minimizes E[D(x)]   # on lines
    using adam(lr: 2) }
  using adam(lr: 3)
  steps 100
}
train { epochs 3; player c { owns D  minimizes E[x] }; clip 1 }
";
    let (_, diags) = syntax::parse(FileId::SPEC, old);
    assert_eq!(diags.iter().map(|d| d.code).collect::<Vec<_>>(), ["E0116", "E0116"]);
    assert_eq!(fixed(old, FileId::SPEC, &diags), (new.to_string(), 2));
    let spec = parse_clean(Path::new("new"), new);
    let ast::Item::Train(train) = &spec.items[0] else { panic!("{spec:?}") };
    assert_eq!(train.players.len(), 2);
    assert!(train.players[0].within.is_some() && train.players[0].steps.is_some());
    assert!(train.players[1].using.is_some() && train.settings.len() == 1);
}

#[test]
fn one_bad_item_hides_no_other() {
    let text = "net f(x: Real[2]) -> Real[2] { dense(2) relu }\nnet g(x: Real[2] -> Real[2] { relu }\ndim n = 3\nmodle p { }\nmodel p { z <- N(0) }\n";
    let (spec, diags) = syntax::parse(FileId::SPEC, text);
    let codes: Vec<&str> = diags.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["E0112", "E0110", "E0100", "E0101"]);
    assert_eq!(spec.items.len(), 1);
}

/// Marsaglia's xorshift64.
struct XorShift(u64);

impl XorShift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

#[test]
fn no_mutation_of_a_spec_makes_the_parser_fail() {
    let good: Vec<String> = specs("syntax").into_iter().map(|(_, text)| text).collect();
    let mut bad: Vec<String> = Vec::new();
    for folder in ["e0100", "e0101", "e0106", "e0110", "e0111", "e0113"] {
        bad.extend(specs(&format!("bad/{folder}")).into_iter().map(|(_, text)| text));
    }
    let bits = [
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "\"",
        "~",
        "<-",
        "=",
        "==",
        ":",
        ";",
        ",",
        "#",
        "//",
        "/*",
        "\n",
        "\r\n",
        "\t",
        "1e9999",
        ".5",
        "E[",
        "log p(",
        "x[<",
        "->",
        "<->",
        "**",
        "\u{2212}",
        "\u{1f600}",
        "\u{feff}",
        "\0",
        "net ",
        "train {",
        "model",
        "-",
        "^",
        "if",
    ];
    let mut random = XorShift(0x9E37_79B9_7F4A_7C15);
    let (mut clean, mut broken) = (0, 0);
    for _ in 0..3000 {
        let seeds = if random.below(4) == 0 { &bad } else { &good };
        let mut chars: Vec<char> = seeds[random.below(seeds.len())].chars().collect();
        for _ in 0..1 + random.below(4) {
            let at = random.below(chars.len() + 1);
            let to = (at + random.below(12)).min(chars.len());
            match random.below(4) {
                0 => drop(chars.drain(at..to)),
                1 => drop(chars.splice(at..at, bits[random.below(bits.len())].chars())),
                2 => {
                    let copy: Vec<char> = chars[at..to].to_vec();
                    let there = random.below(chars.len() + 1);
                    drop(chars.splice(there..there, copy));
                }
                _ => chars.truncate(chars.len() - random.below(chars.len() / 8 + 1)),
            }
        }
        let text: String = chars.into_iter().collect();
        let (spec, diags) = syntax::parse(FileId::SPEC, &text);
        for diag in &diags {
            let span = diag.primary.span;
            assert!(span.start <= span.end && span.end as usize <= text.len(), "{diag:?} in {text}");
            assert!(!diag.message.ends_with('.') && diag.code.starts_with("E01"), "{diag:?}");
        }
        for format in [Format::Human, Format::Short, Format::Json] {
            assert_eq!(rendered("f.gm", &text, &diags, format).is_empty(), diags.is_empty());
        }
        if diags.is_empty() {
            clean += 1;
            check_format(&text, &text);
        } else {
            broken += 1;
            assert!(syntax::format(&text).is_err());
            // What was read of a broken file is itself a valid spec.
            parse_clean(Path::new(&text), &syntax::ast_text(&spec));
        }
    }
    assert!(clean > 100 && broken > 1000, "{clean} clean, {broken} broken");
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    let n = 20_000;
    let texts = [
        format!("fn f(a) = {}a{}", "(".repeat(n), ")".repeat(n)),
        format!("fn f(a) = {}a", "(".repeat(n)),
        format!("fn f(a) = {}a", "-".repeat(n)),
        format!("fn f(a) = {}a", "a^".repeat(n)),
        format!("fn f(a) = {}a", "a + ".repeat(n)),
        format!("fn f(a) = {}a{}", "f(".repeat(n), ")".repeat(n)),
        format!("fn f(a) = {}a{}", "E[".repeat(n), "]".repeat(n)),
        format!("net f(x: R) -> R {}{}", "{ residual ".repeat(n), "}".repeat(n)),
        format!("fn f(a) = {}a{}", "-(-a + ".repeat(63), ")".repeat(63)),
        format!("fn f(a) = {}a{}", format!("{}(", "a + ".repeat(390)).repeat(60), ")".repeat(60)),
    ];
    for (i, text) in texts.iter().enumerate() {
        let (_, diags) = syntax::parse(FileId::SPEC, text);
        let wanted = if i == 8 { 0 } else { 1 };
        assert_eq!(diags.len(), wanted, "case {i}: {:?}", diags.first());
        assert!(diags.iter().all(|d| d.code == "E0114"), "case {i}: {diags:?}");
    }
}

#[test]
fn renaming_changes_every_name_and_nothing_else() {
    for (path, text) in specs("syntax") {
        let there = syntax::names::rename(&text, |n| format!("{n}_renamed")).expect("a valid spec");
        parse_clean(&path, &there);
        assert_ne!(there, text);
        let back = syntax::names::rename(&there, |n| n.trim_end_matches("_renamed").to_string())
            .expect("a valid spec");
        assert_eq!(back, text, "{}", path.display());
    }
}

#[test]
fn every_span_renders() {
    let texts = ["", "a", "a\r\nb\r\n", "\ta\tb\n", "\u{3bc}\u{1f600} = 1\n", "x\n\n\ny"];
    for text in texts {
        let n = text.len() + 3;
        for start in 0..n {
            for end in [start, start + 1, n, 0] {
                let span = Span::new(FileId::SPEC, start, end);
                let diag = Diag::new("E0100", "message", span, "here")
                    .also(Span::new(FileId::SPEC, end, start), "there")
                    .also(Span::new(FileId(7), 0, 1), "in no file")
                    .note("a fact")
                    .help("a way");
                for format in [Format::Human, Format::Short, Format::Json] {
                    assert!(rendered("f.gm", text, std::slice::from_ref(&diag), format).contains("message"));
                }
            }
        }
    }
}

#[test]
fn formats_of_messages() {
    let text = "model p {\r\n  z <- Normal(0, I)[2]\r\n}\r\n";
    let (_, diags) = syntax::parse(FileId::SPEC, text);
    let short = rendered("a.gm", text, &diags, Format::Short);
    assert_eq!(short, "a.gm:2:5: error[E0101]: `<-` does not draw a random variable\n");
    let json: serde_json::Value =
        serde_json::from_str(&rendered("a.gm", text, &diags, Format::Json)).expect("one JSON object");
    for (key, want) in [("line", 2), ("column", 5), ("start_byte", 15), ("end_byte", 17), ("end_column", 7)] {
        assert_eq!(json[key], want, "{key}");
    }
    assert_eq!(json["file"], "a.gm");
    assert_eq!(json["labels"][0]["text"], "this site has no distribution");
    assert_eq!(json["help"], "draw with a tilde: `z ~ Normal(0, I)[2]`");

    let many: Vec<Diag> = (0..25)
        .rev()
        .map(|i| Diag::new("E0100", format!("m{i}"), Span::new(FileId::SPEC, i, i), ""))
        .collect();
    let shown = rendered("a.gm", text, &many, Format::Short);
    assert!(shown.starts_with("a.gm:1:1: error[E0100]: m0\n") && shown.ends_with("and 5 more\n"), "{shown}");
    let mut sources = Sources::new();
    sources.insert(FileId::SPEC, "a.gm", text);
    assert!(render(&diags, &sources, Format::Human, true).contains("\u{1b}["));
}

#[test]
fn every_page_explains_with_examples() {
    let codes: Vec<&str> = PAGES.iter().map(|p| p.code).collect();
    assert!(codes.windows(2).all(|w| w[0] < w[1]), "{codes:?}");
    for page in PAGES.iter().filter(|p| p.code.starts_with("E01")) {
        let (wrong, right) =
            page.text.split_once("Right:\n").unwrap_or_else(|| panic!("{} has no Right", page.code));
        let (_, wrong) = wrong.split_once("Wrong:\n").unwrap_or_else(|| panic!("{} has no Wrong", page.code));
        let right: String =
            right.lines().map_while(|l| l.strip_prefix("    ")).flat_map(|l| [l, "\n"]).collect();
        parse_clean(Path::new(page.code), &right);
        let wrong: String =
            wrong.lines().map_while(|l| l.strip_prefix("    ")).flat_map(|l| [l, "\n"]).collect();
        let (_, diags) = syntax::parse(FileId::SPEC, &wrong);
        assert!(!diags.is_empty(), "{} is right:\n{wrong}", page.code);
        if page.code != "E0100" {
            assert!(diags.iter().any(|d| d.code == page.code), "{}: {diags:?}", page.code);
        }
    }
    assert!(page("e0101").is_some_and(|p| p.code == "E0101"));
    assert!(page("E9999").is_none());
}
