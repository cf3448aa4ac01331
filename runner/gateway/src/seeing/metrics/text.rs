//! The text that Prometheus reads.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use super::histogram::Histogram;
use std::fmt::Write as _;

/// What it is, in an answer's `content-type`.
pub(crate) const MIME: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Names and values of labels, in order.
pub(crate) type Labels<'a> = &'a [(&'a str, &'a str)];

/// A page of metrics, family by family.
#[derive(Default)]
pub(crate) struct Text {
    out: String,
    family: &'static str,
}

impl Text {
    /// Begins what grows.
    pub(crate) fn counter(&mut self, name: &'static str, help: &str) {
        self.begin(name, "counter", help);
    }

    /// Begins what rises and falls.
    pub(crate) fn gauge(&mut self, name: &'static str, help: &str) {
        self.begin(name, "gauge", help);
    }

    /// Begins what is counted by its size.
    pub(crate) fn histogram(&mut self, name: &'static str, help: &str) {
        self.begin(name, "histogram", help);
    }

    /// One value of the family that was begun last.
    pub(crate) fn value(&mut self, labels: Labels<'_>, value: impl std::fmt::Display) {
        self.line("", labels, None, value);
    }

    /// One histogram of the family that was begun last. Its numbers are divided by `unit`.
    pub(crate) fn values(&mut self, labels: Labels<'_>, histogram: &Histogram, unit: f64) {
        let snapshot = histogram.snapshot();
        for (bound, count) in snapshot.below {
            let bound = (bound as f64 / unit).to_string();
            self.line("_bucket", labels, Some(&bound), count);
        }
        self.line("_bucket", labels, Some("+Inf"), snapshot.count);
        self.line("_sum", labels, None, snapshot.sum as f64 / unit);
        self.line("_count", labels, None, snapshot.count);
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.out.into_bytes()
    }

    fn begin(&mut self, name: &'static str, kind: &str, help: &str) {
        self.family = name;
        // Writing to a string does not fail.
        let _ = write!(self.out, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn line(
        &mut self,
        ending: &str,
        labels: Labels<'_>,
        bound: Option<&str>,
        value: impl std::fmt::Display,
    ) {
        self.out.push_str(self.family);
        self.out.push_str(ending);
        let bound = bound.map(|bound| ("le", bound));
        let mut open = '{';
        for (name, value) in labels.iter().copied().chain(bound) {
            self.out.push(open);
            open = ',';
            self.out.push_str(name);
            self.out.push_str("=\"");
            value.chars().for_each(|character| match character {
                '\\' => self.out.push_str("\\\\"),
                '"' => self.out.push_str("\\\""),
                '\n' => self.out.push_str("\\n"),
                other => self.out.push(other),
            });
            self.out.push('"');
        }
        if open == ',' {
            self.out.push('}');
        }
        let _ = writeln!(self.out, " {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_begin_a_line_of_its_own() {
        let mut text = Text::default();
        text.counter("a_total", "What it is.");
        text.value(&[("model", "x\"} 1\nevil_total{y=\"\\")], 1);
        text.value(&[], 2);
        let text = String::from_utf8(text.into_bytes()).unwrap();
        assert_eq!(
            text,
            "# HELP a_total What it is.\n# TYPE a_total counter\n\
             a_total{model=\"x\\\"} 1\\nevil_total{y=\\\"\\\\\"} 1\na_total 2\n"
        );
    }

    #[test]
    fn a_histogram_is_in_its_unit() {
        let histogram = Histogram::new(&[500_000, 1_000_000]);
        [1, 750_000, 2_000_000].iter().for_each(|value| histogram.observe(*value));
        let mut text = Text::default();
        text.histogram("s", "h");
        text.values(&[("a", "b")], &histogram, 1e6);
        let text = String::from_utf8(text.into_bytes()).unwrap();
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "s_bucket{a=\"b\",le=\"0.5\"} 1",
                "s_bucket{a=\"b\",le=\"1\"} 2",
                "s_bucket{a=\"b\",le=\"+Inf\"} 3",
                "s_sum{a=\"b\"} 2.750001",
                "s_count{a=\"b\"} 3",
            ]
        );
    }
}
