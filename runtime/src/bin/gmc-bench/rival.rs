//! Another program, in turns with ours.

use gmc_runtime::failure::Failure;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Another program that trains the same model.
pub struct Rival {
    /// As the table calls it.
    pub name: String,
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Rival {
    /// Starts the command, words apart by blanks.
    pub fn start(name: &str, command: &str) -> Result<Rival, Failure> {
        let broken = |e: String| Failure::new(format!("cannot start the rival `{name}`: {e}"));
        let mut words = command.split_whitespace();
        let program = words.next().ok_or_else(|| broken("the command is empty".into()))?;
        let mut child = Command::new(program)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| broken(e.to_string()))?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(broken("no pipes".into()));
        };
        Ok(Rival { name: name.into(), child, to, from: BufReader::new(from) })
    }
    /// Milliseconds a step, over `n` steps, as the rival measures it.
    pub fn turn(&mut self, n: u64) -> Result<f64, Failure> {
        let mut line = String::new();
        writeln!(self.to, "{n}")
            .and_then(|()| self.to.flush())
            .and_then(|()| self.from.read_line(&mut line))
            .map_err(|e| Failure::new(format!("cannot talk to the rival `{}`: {e}", self.name)))?;
        let seconds: f64 = line
            .trim()
            .parse()
            .map_err(|_| Failure::new(format!("the rival `{}` answered `{}`", self.name, line.trim())))?;
        Ok(seconds * 1e3 / n as f64)
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        // It may have ended on its own; either way it is reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
