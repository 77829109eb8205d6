//! `gmc completions`: what shells offer behind `gmc`, read off the command line itself.

use super::args::{Cli, Shell};
use crate::console::say;
use crate::failure::Failure;
use clap::{Command, CommandFactory};
use std::fmt::Write;

/// `gmc completions`
pub fn completions(shell: Shell) -> Result<(), Failure> {
    let mut all = Cli::command();
    all.build();
    say(&match shell {
        Shell::Bash => bash(&all),
        // Zsh runs functions of bash.
        Shell::Zsh => format!(
            "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n{}",
            bash(&all)
        ),
        Shell::Fish => fish(&all),
    })
}

/// The flags of a verb with what they are about, and the values that they take where those are words.
fn flags(verb: &Command) -> Vec<(String, String, Vec<String>)> {
    let all = verb.get_arguments().filter(|a| !a.is_hide_set());
    let one = |a: &clap::Arg| {
        let values = a.get_possible_values().iter().map(|v| v.get_name().to_string()).collect();
        let help = a.get_help().map(ToString::to_string).unwrap_or_default();
        Some((a.get_long()?.to_string(), help.lines().next().unwrap_or_default().to_string(), values))
    };
    all.filter_map(one).collect()
}

fn verbs(all: &Command) -> impl Iterator<Item = &Command> {
    all.get_subcommands().filter(|v| !v.is_hide_set())
}

fn bash(all: &Command) -> String {
    let names: Vec<&str> = verbs(all).map(Command::get_name).collect();
    let mut cases = String::new();
    let mut values = String::new();
    for verb in verbs(all) {
        let flags = flags(verb);
        let long: Vec<String> = flags.iter().map(|(long, ..)| format!("--{long}")).collect();
        let _ = writeln!(cases, "    {}) words=\"{}\" ;;", verb.get_name(), long.join(" "));
        for (long, _, words) in flags.iter().filter(|(.., words)| !words.is_empty()) {
            let _ = writeln!(values, "    {}/--{long}) words=\"{}\" ;;", verb.get_name(), words.join(" "));
        }
    }
    format!(
        "_gmc() {{
  local word=\"${{COMP_WORDS[COMP_CWORD]}}\" before=\"${{COMP_WORDS[COMP_CWORD-1]}}\" verb=\"${{COMP_WORDS[1]}}\" words=
  if [ \"$COMP_CWORD\" -eq 1 ]; then
    COMPREPLY=($(compgen -W \"{}\" -- \"$word\"))
    return
  fi
  case \"$verb/$before\" in
{values}  esac
  if [ -z \"$words\" ] && [[ \"$word\" == -* ]]; then
    case \"$verb\" in
{cases}    esac
  fi
  if [ -n \"$words\" ]; then
    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))
  else
    COMPREPLY=($(compgen -f -- \"$word\"))
  fi
}}
complete -o filenames -F _gmc gmc
",
        names.join(" ")
    )
}

fn fish(all: &Command) -> String {
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
    let mut out = String::new();
    for verb in verbs(all) {
        let name = verb.get_name();
        let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(out, "complete -c gmc -n __fish_use_subcommand -a {name} -d '{}'", quoted(&about));
        for (long, help, words) in flags(verb) {
            let values = if words.is_empty() { String::new() } else { format!(" -xa '{}'", words.join(" ")) };
            let _ = writeln!(
                out,
                "complete -c gmc -n '__fish_seen_subcommand_from {name}' -l {long} -d '{}'{values}",
                quoted(&help)
            );
        }
    }
    out
}
