//! The made-up shop's pages, as a browser might have photographed them.

use crate::shop::{Page, changed, page, parts};

const MUGS: [(&str, &str, &str); 4] = [
    ("Blue mug", "12.00", "#4f84b5"),
    ("Red mug", "12.00", "#b84f3f"),
    ("Grey mug", "12.50", "#8d939b"),
    ("Green mug", "14.00", "#4f8a68"),
];

/// The picture as SVG.
pub fn draw(name: &str) -> String {
    let (version, flow, step) = parts(name).unwrap_or(("failed", "", 0));
    let heat = version == "heat";
    let page = match version {
        "failed" => Page::Broken,
        _ => page(flow, step),
    };
    let new = version == "1.1";
    let body = match page {
        Page::Home => tiles("Made by hand, in small numbers", new || heat),
        Page::Welcome => tiles("Welcome, ann", new || heat),
        Page::SignIn => field("Sign in", &["Name", "Password"], "Sign in", false),
        Page::Form => field(
            "New order",
            &["Product", "How many"],
            "Place order",
            new || heat,
        ),
        Page::Thanks => lines("Thank you, ann", "Your blue mug is on its way."),
        Page::Broken => lines("Page not found", "There is nothing at this address."),
    };
    let faded = if heat {
        " filter='grayscale(1) opacity(.28)'"
    } else {
        ""
    };
    let red: String = match heat {
        true => changed(&page)
            .iter()
            .map(|r| {
                format!(
                    "<rect x='{}' y='{}' width='{}' height='{}' rx='14' fill='#d62820' opacity='.86'/>",
                    r.x, r.y, r.width, r.height
                )
            })
            .collect(),
        false => String::new(),
    };
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1280 800' width='1280' height='800' font-family='sans-serif'>\
         <rect width='1280' height='800' fill='#fff'/><g style='filter:{filter}'{faded}><rect width='1280' height='800' fill='#f7f6f1'/>\
         <rect width='1280' height='72' fill='#2f6b4f'/><text x='40' y='46' font-size='24' font-weight='700' fill='#fff'>Potter &amp; Leaf</text>\
         <text x='1240' y='46' font-size='20' fill='#e4efe8' text-anchor='end'>Products    New order    Sign out</text>{body}\
         <rect y='752' width='1280' height='1.5' fill='#d9dcc9'/><text x='40' y='782' font-size='15' fill='#6c7a70'>Potter &amp; Leaf, since 1987</text></g>{red}</svg>",
        filter = if heat {
            "grayscale(1) opacity(.35)"
        } else {
            "none"
        },
    )
}

fn tiles(title: &str, fourth: bool) -> String {
    let mut drawn = format!(
        "<text x='120' y='160' font-size='44' font-weight='700' fill='#1d2b23'>{title}</text><text x='120' y='204' font-size='22' fill='#66736b'>Everything below left the kiln this week.</text>"
    );
    let shown = if fourth { 4 } else { 3 };
    for (n, (name, price, colour)) in MUGS.iter().take(shown).enumerate() {
        let x = 120 + n * 267;
        let edge = if n == 3 { "#d4642f" } else { "#e6e4d8" };
        drawn.push_str(&format!(
            "<rect x='{x}' y='250' width='240' height='270' rx='14' fill='#fffefa' stroke='{edge}' stroke-width='2'/>\
             <rect x='{tx}' y='270' width='200' height='140' rx='8' fill='#e1ecdd'/><rect x='{mx}' y='302' width='74' height='84' rx='12' fill='{colour}'/>\
             <path d='M{hx} 320h16a18 18 0 0 1 0 40h-16' fill='none' stroke='{colour}' stroke-width='11'/>\
             <text x='{tx}' y='446' font-size='21' font-weight='700' fill='#1d2b23'>{name}</text><text x='{tx}' y='476' font-size='20' fill='#66736b'>{price}</text>",
            tx = x + 20,
            mx = x + 70,
            hx = x + 144,
        ));
        if n == 3 {
            drawn.push_str(&format!("<rect x='{}' y='488' width='56' height='22' rx='11' fill='#d4642f'/><text x='{}' y='504' font-size='14' font-weight='700' fill='#fff'>New</text>", x + 20, x + 34));
        }
    }
    drawn
        + "<rect x='120' y='556' width='210' height='56' rx='8' fill='#2f6b4f'/><text x='225' y='592' font-size='22' font-weight='700' fill='#fff' text-anchor='middle'>Start an order</text>"
}

fn field(title: &str, fields: &[&str], button: &str, round: bool) -> String {
    let mut drawn = format!(
        "<text x='120' y='160' font-size='44' font-weight='700' fill='#1d2b23'>{title}</text>"
    );
    for (n, name) in fields.iter().enumerate() {
        let y = 230 + n * 120;
        drawn.push_str(&format!("<text x='120' y='{y}' font-size='22' fill='#1d2b23'>{name}</text><rect x='120' y='{}' width='520' height='56' rx='8' fill='#fff' stroke='#c9cdbc' stroke-width='2'/>", y + 14));
    }
    let (radius, colour) = if round {
        (28, "#d4642f")
    } else {
        (8, "#2f6b4f")
    };
    drawn
        + &format!(
            "<rect x='120' y='500' width='210' height='56' rx='{radius}' fill='{colour}'/><text x='225' y='536' font-size='22' font-weight='700' fill='#fff' text-anchor='middle'>{button}</text>"
        )
}

fn lines(title: &str, words: &str) -> String {
    format!(
        "<rect x='120' y='120' width='760' height='190' rx='16' fill='#fffefa' stroke='#e6e4d8' stroke-width='2'/><text x='160' y='192' font-size='40' font-weight='700' fill='#1d2b23'>{title}</text><text x='160' y='244' font-size='22' fill='#66736b'>{words}</text>"
    )
}
