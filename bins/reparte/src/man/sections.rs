//! The sections of a manual page that `--help` has below the options.

use clap_mangen::roff::{Roff, bold, roman};

/// Returns a text as sections.
///
/// A heading is a line that ends with a colon. The lines below it are indented by two spaces.
/// Below "Examples:" they stay as they are. Below other headings each is a word and its
/// meaning, two spaces or more apart; a line that is indented further continues the meaning.
pub(super) fn sections(help: &str) -> Roff {
    let mut page = Roff::new();
    let mut is_example = false;
    for line in help.lines() {
        let entry = line.strip_prefix("  ");
        match (line.strip_suffix(':'), entry) {
            (Some(heading), None) => {
                end(&mut page, &mut is_example);
                is_example = heading == "Examples";
                page.control("SH", [title(heading).as_str()]);
                if is_example {
                    page.control("EX", []);
                }
            }
            (_, Some(entry)) if is_example => {
                page.text([roman(entry)]);
            }
            (_, Some(entry)) => match entry.trim_start().split_once("  ") {
                Some((word, meaning)) if !entry.starts_with(' ') => {
                    page.control("TP", []);
                    page.text([bold(word)]);
                    page.text([roman(meaning.trim_start())]);
                }
                _ => {
                    page.text([roman(entry.trim_start())]);
                }
            },
            (_, None) if line.is_empty() => {}
            (_, None) => {
                end(&mut page, &mut is_example);
                page.control("PP", []);
                page.text([roman(line)]);
            }
        }
    }
    end(&mut page, &mut is_example);
    page
}

fn end(page: &mut Roff, is_example: &mut bool) {
    if std::mem::take(is_example) {
        page.control("EE", []);
    }
}

/// Returns the usual title of a section in a manual.
fn title(heading: &str) -> String {
    match heading {
        "Exit codes" => "EXIT STATUS".to_owned(),
        other => other.to_uppercase(),
    }
}

/// Returns the section that names the other pages.
pub(super) fn see_also<'a>(others: impl Iterator<Item = &'a str>) -> Roff {
    let mut page = Roff::new();
    page.control("SH", ["SEE ALSO"]);
    let mut others = others.peekable();
    while let Some(other) = others.next() {
        let comma = if others.peek().is_some() { "," } else { "" };
        page.text([bold(other), roman(format!("(1){comma}"))]);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_becomes_sections() {
        let help = "\
Examples:
  reparte call localhost:9000 f   # one
  .not a request

Exit codes:
  0        done
  130,143  ended by
           a signal
And so on.";
        let page = sections(help).to_roff();
        for part in [
            ".SH EXAMPLES\n.EX\nreparte call localhost:9000 f   # one\n\\&.not a request\n.EE\n",
            ".SH \"EXIT STATUS\"\n.TP\n\\fB0\\fR\ndone\n",
            ".TP\n\\fB130,143\\fR\nended by\na signal\n",
            ".PP\nAnd so on.\n",
        ] {
            assert!(page.contains(part), "no {part:?} in: {page}");
        }
    }

    #[test]
    fn the_other_pages_are_named() {
        let page = see_also(["reparte", "reparte-call"].into_iter()).to_roff();
        let expected = ".SH \"SEE ALSO\"\n\\fBreparte\\fR(1),\n\\fBreparte\\-call\\fR(1)\n";
        assert_eq!(page.trim_start(), expected);
    }
}
