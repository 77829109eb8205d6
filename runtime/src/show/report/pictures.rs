//! Pictures with what must be known to read them, and those that were drawn while the run trained, behind a slider.

use super::Report;
use super::style::escape;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write;

/// What a picture shows, by how its name begins.
const CAPTIONS: &[(&str, &str)] = &[
    ("samples", "Samples of the model"),
    ("reconstructions", "Test examples, and below each what the model makes of its code: rows alternate"),
    ("denoised", "Corrupted test examples, and below each what the net makes of it: rows alternate"),
    ("density", "The model's density, and test examples beside it"),
    ("completions", "Completions: the original, what is given of it, and what the model draws for the rest"),
    ("latent", "Where the codes of test examples lie, by class where there is one"),
    (
        "interpolations",
        "Interpolations: what the model makes of codes on the way from one test example to another, from left to right",
    ),
    (
        "interpolation",
        "Interpolations: what the model makes of codes on the way from one to another, from left to right",
    ),
];

/// What the picture of this name shows.
pub fn caption(name: &str) -> String {
    match CAPTIONS.iter().find(|(begins, _)| name.starts_with(begins)) {
        Some((begins, said)) if name == *begins => (*said).to_string(),
        Some((begins, said)) => {
            let rest = name.get(begins.len()..).unwrap_or_default().trim_start_matches('-');
            format!("{said} ({rest})")
        }
        None => name.to_string(),
    }
}

/// A picture in the page, at most as wide as `wide` pixels.
fn image(name: &str, png: &[u8], wide: usize) -> String {
    format!(
        "<img alt=\"{}\" style=\"max-width:{wide}px\" src=\"data:image/png;base64,{}\">",
        escape(name),
        STANDARD.encode(png)
    )
}

/// How wide a PNG file says it is.
fn width(png: &[u8]) -> usize {
    png.get(16..20).and_then(|b| b.try_into().ok()).map_or(0, |b| u32::from_be_bytes(b) as usize)
}

/// A width at which small pictures are readable: a whole multiple of their own.
fn readable(png: &[u8]) -> usize {
    let own = width(png).max(1);
    own * (640 / own).clamp(1, 6)
}

/// All pictures. What is drawn as a plot of points is not shown again.
pub fn all(page: &mut String, r: &Report) {
    let plotted = !r.found.planes.is_empty();
    let again = |name: &str| plotted && (name.starts_with("samples") || name.starts_with("density"));
    let shown: Vec<&(String, Vec<u8>)> = r.images.iter().filter(|(n, _)| !again(n)).collect();
    if !shown.is_empty() {
        page.push_str("<h2>Pictures</h2>\n<div class=\"pictures\">\n");
        for (name, png) in shown {
            let mut said = caption(name);
            if name == "samples" && !r.found.columns.is_empty() {
                let _ = write!(said, ", a column for each class: {}", r.found.columns.join(", "));
            }
            let _ = writeln!(
                page,
                "<figure>{}<figcaption>{}</figcaption></figure>",
                image(name, png, readable(png)),
                escape(&said)
            );
        }
        page.push_str("</div>\n");
    }
    slider(page, r);
}

/// Samples while the run trained, one shown at a time. Without scripts the last one is.
fn slider(page: &mut String, r: &Report) {
    let Some((_, last)) = r.progress.last().filter(|_| r.progress.len() > 1) else { return };
    let per = r.about.as_ref().map_or(0, |a| a.per_epoch);
    let when = |step: u64| match per {
        0 | 1 => format!("after {step} rounds"),
        n => format!("after {} epochs", crate::show::chart::number(step as f64 / n as f64)),
    };
    let most = r.progress.len() - 1;
    page.push_str("<h2>Samples while it trained</h2>\n<div class=\"slide\">\n");
    let _ = writeln!(
        page,
        "<p><input type=\"range\" min=\"0\" max=\"{most}\" value=\"{most}\" aria-label=\"when\"> <output></output></p>"
    );
    for (i, (step, png)) in r.progress.iter().enumerate() {
        let hidden = if i < most { " hidden" } else { "" };
        let _ = writeln!(
            page,
            "<figure{hidden} data-when=\"{0}\">{1}</figure>",
            escape(&when(*step)),
            image(&format!("samples {}", when(*step)), png, readable(last))
        );
    }
    page.push_str("<p class=\"dim\">The same draws of noise in every picture.</p>\n</div>\n<script>");
    page.push_str(SLIDE);
    page.push_str("</script>\n");
}

const SLIDE: &str = "for(const s of document.querySelectorAll('.slide')){const i=s.querySelector('input'),o=s.querySelector('output'),f=s.querySelectorAll('figure');\
const show=()=>{f.forEach((x,k)=>x.hidden=k!=i.value);o.textContent=f[i.value].dataset.when};i.oninput=show;show()}";
