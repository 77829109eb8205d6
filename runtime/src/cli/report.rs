//! `gmc report`: the page of a run, made anew from its folder, or served while it trains.

use super::kept::no_run;
use crate::console::{note, say};
use crate::failure::Failure;
use crate::show::report::{Report, html};
use crate::store::{RunDir, atomic_write};
use crate::train::end::REPORT;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

/// The page of a run that has not ended: the other name says that it has.
const SO_FAR: &str = "report-so-far.html";
/// Most bytes that a browser may ask with.
const ASKED: u64 = 16 << 10;
/// How long a browser may take to ask.
const PATIENCE: Duration = Duration::from_secs(5);

/// A run folder, to be read.
fn view(path: &Path) -> Result<RunDir, Failure> {
    let dir = RunDir::view(path)?;
    match std::fs::symlink_metadata(path.join("spec.gm")) {
        Ok(_) => Ok(dir),
        Err(_) => Err(no_run(path)),
    }
}

/// `gmc report RUN`
pub fn report(path: &Path, out: Option<&Path>) -> Result<(), Failure> {
    let dir = view(path)?;
    let page = html(&Report::of(&dir)?);
    if out == Some(Path::new("-")) {
        return say(&page);
    }
    let name = if path.join(REPORT).is_file() { REPORT } else { SO_FAR };
    match out {
        Some(at) => atomic_write(at, page.as_bytes())?,
        None => dir.write(name, page.as_bytes())?,
    }
    say(&format!("{}\n", out.map_or_else(|| path.join(name), Path::to_path_buf).display()))
}

/// `gmc report RUN --live`: to this machine only.
pub fn live(path: &Path, port: u16) -> Result<(), Failure> {
    let dir = view(path)?;
    let cannot = |e: std::io::Error| {
        Failure::new(format!("cannot listen on port {port} of 127.0.0.1: {e}"))
            .help("leave `--port` out: a free one is taken")
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(cannot)?;
    let at = listener.local_addr().map_err(cannot)?;
    say(&format!("http://{at}/\n"))?;
    note("the page follows the run; Ctrl-C ends this\n");
    for visitor in listener.incoming().flatten() {
        // A browser that goes away ends nothing.
        let _ = answer(visitor, &dir);
    }
    Ok(())
}

/// Answers one visitor.
fn answer(mut visitor: TcpStream, dir: &RunDir) -> std::io::Result<()> {
    visitor.set_read_timeout(Some(PATIENCE))?;
    visitor.set_write_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new((&visitor).take(ASKED)).lines();
    let first = lines.next().unwrap_or_else(|| Err(ErrorKind::UnexpectedEof.into()))?;
    let mut host = String::new();
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("host")
        {
            host = value.trim().to_string();
        }
    }
    let (status, body) = page(&first, &host, dir);
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
        body.len()
    );
    visitor.write_all(head.as_bytes())?;
    visitor.write_all(body.as_bytes())
}

/// What is answered to a request, by its first line and the host that it asks: only under a name of this machine, so that no other site's
/// page reads it.
fn page(request: &str, host: &str, dir: &RunDir) -> (&'static str, String) {
    let own = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let mut words = request.split(' ');
    match (words.next(), words.next()) {
        _ if !["127.0.0.1", "localhost"].contains(&own) => ("403 Forbidden", String::new()),
        (Some("GET"), Some("/")) => match Report::of(dir) {
            Ok(report) => ("200 OK", html(&Report { running: dir.in_use(), ..report })),
            Err(why) => ("500 Internal Server Error", crate::show::report::broken(&why.to_string())),
        },
        (Some("GET"), _) => ("404 Not Found", String::new()),
        _ => ("405 Method Not Allowed", String::new()),
    }
}
