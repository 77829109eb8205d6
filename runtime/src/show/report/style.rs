//! How pages look: in the light and in the dark, on a phone, and to those who see no colours.

/// Colours of Okabe and Ito (2008), which stay apart in every kind of colour vision; lines differ in their dashes besides.
pub const STYLE: &str = "\
:root{color-scheme:light dark;--page:#fff;--ink:#1c1d22;--dim:#5c5f6a;--line:#d5d7de;--box:#f5f6f9;--a:#0072b2;--b:#c44e00;--c:#00785a}\
@media(prefers-color-scheme:dark){:root{--page:#17181c;--ink:#e6e6ea;--dim:#a3a5b0;--line:#3a3c45;--box:#202228;--a:#63b5ee;--b:#f5a35c;--c:#46d3a6}}\
*{box-sizing:border-box}body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:1080px;margin:1.5rem auto;padding:0 1rem}\
h1{font-size:1.5rem;margin:0;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:2.2rem 0 .6rem}h3{font-size:.95rem;margin:1.2rem 0 .3rem;font-weight:600}\
p{margin:.4rem 0}ul{margin:.3rem 0;padding-left:1.3rem}code{font:.92em ui-monospace,monospace}\
.box{background:var(--box);border:1px solid var(--line);border-left:4px solid var(--a);border-radius:6px;padding:.6rem 1rem;margin:1rem 0;overflow-wrap:anywhere}.box.warn{border-left-color:var(--b)}\
.scroll{overflow-x:auto}.scroll table{width:max-content}td{max-width:26em}table{border-collapse:collapse}td,th{padding:.25rem 1.1rem .25rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}th{font-weight:500;color:var(--dim)}\
td.n{text-align:right;font-variant-numeric:tabular-nums}.dim{color:var(--dim)}\
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(310px,100%),1fr));gap:1.2rem}figure{margin:0;min-width:0}figcaption{color:var(--dim);font-size:.88rem;margin:.3rem 0;overflow-wrap:anywhere}\
.pictures{display:grid;gap:1.6rem}.pictures img,.slide img{display:block;width:100%;height:auto;image-rendering:pixelated;border:1px solid var(--line)}\
.slide input{width:100%;max-width:640px;accent-color:var(--a)}\
svg{width:100%;height:auto;display:block}svg text{font:11px system-ui,sans-serif;fill:var(--dim)}svg .g{stroke:var(--line);stroke-width:1}svg .bar{fill:var(--a)}\
svg path{fill:none;stroke-width:1.8;stroke-linejoin:round}.train{stroke:var(--a)}.test{stroke:var(--b);stroke-dasharray:6 3}.valid{stroke:var(--c);stroke-dasharray:2 2.5}.raw{opacity:.28;stroke-width:1!important}\
.dots{stroke-linecap:round;stroke-width:2.4!important;opacity:.55}.dots.test,.dots.train{stroke-dasharray:none}\
svg .name{font:700 13px system-ui,sans-serif;fill:var(--ink);stroke:var(--page);stroke-width:3px;paint-order:stroke}\
.k0{stroke:var(--a)}.k1{stroke:var(--b)}.k2{stroke:var(--c)}.k3{stroke:#cc79a7}.k4{stroke:#a07a00}.k5{stroke:#7f74d6}.k6{stroke:#808080}.k7{stroke:#d9485a}\
.key{font-size:.88rem}.key svg{display:inline-block;width:2.2em;height:.6em;vertical-align:middle;margin:0 .35em 0 1em}\
math{font-size:1.08rem}mtd{text-align:left;padding:.2em .25em}mtd.l{text-align:right}\
details{margin:1rem 0}summary{cursor:pointer;font-weight:600}\
pre{font:13px/1.5 ui-monospace,monospace;overflow-x:auto;border:1px solid var(--line);border-radius:6px;padding:.8rem 1rem}del{color:var(--dim)}ins{color:var(--b);font-weight:600;text-decoration:none;border-bottom:2px solid var(--b)}\
@media(max-width:480px){body{padding:0 .7rem}td,th{padding-right:.7rem}}";

/// Text as HTML text or attribute.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

/// Words as HTML: what stands in backticks as code.
pub fn words(text: &str) -> String {
    let pieces = text.split('`').enumerate();
    let piece = |(i, piece): (usize, &str)| match i % 2 {
        0 => escape(piece),
        _ => format!("<code>{}</code>", escape(piece)),
    };
    pieces.map(piece).collect()
}

/// The beginning of a page.
pub fn head(title: &str, more: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"icon\" href=\"data:,\"><title>{}</title>\n<style>{STYLE}{more}</style></head><body>\n",
        escape(title)
    )
}
