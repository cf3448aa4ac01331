//! What an examination finds.

use serde::Serialize;

/// How bad it is. Only an error makes the exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Severity {
    /// Something does not work, or a key is in danger.
    Error,
    /// Something works, and less well or safely than it could.
    Warning,
    /// Something that is good to know.
    Note,
}

/// What is examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Area {
    Configuration,
    Keys,
    Adapters,
    Cache,
    Records,
    Certificates,
    Clock,
    Environment,
    Confinement,
}

impl Area {
    pub(super) const ALL: [Self; 9] = [
        Self::Configuration,
        Self::Keys,
        Self::Adapters,
        Self::Cache,
        Self::Records,
        Self::Certificates,
        Self::Clock,
        Self::Environment,
        Self::Confinement,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Keys => "keys",
            Self::Adapters => "adapters",
            Self::Cache => "cache",
            Self::Records => "records",
            Self::Certificates => "certificates",
            Self::Clock => "clock",
            Self::Environment => "environment",
            Self::Confinement => "confinement",
        }
    }
}

/// One thing that is not as it should be, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    pub(super) area: Area,
    pub(super) what: String,
    pub(super) remedy: String,
}

/// What was examined, and what was found.
#[derive(Debug, Default)]
pub(super) struct Examination {
    pub(super) examined: Vec<(Area, String)>,
    pub(super) findings: Vec<Finding>,
}

impl Examination {
    pub(super) fn note_examined(&mut self, area: Area, what: impl Into<String>) {
        self.examined.push((area, what.into()));
    }

    pub(super) fn error(&mut self, area: Area, what: impl Into<String>, remedy: impl Into<String>) {
        self.find(Severity::Error, area, what.into(), remedy.into());
    }

    pub(super) fn warn(&mut self, area: Area, what: impl Into<String>, remedy: impl Into<String>) {
        self.find(Severity::Warning, area, what.into(), remedy.into());
    }

    pub(super) fn note(&mut self, area: Area, what: impl Into<String>, remedy: impl Into<String>) {
        self.find(Severity::Note, area, what.into(), remedy.into());
    }

    fn find(&mut self, severity: Severity, area: Area, what: String, remedy: String) {
        self.findings.push(Finding { severity, area, what, remedy });
    }

    pub(super) fn of(&self, area: Area) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.area == area)
    }

    pub(super) fn examined(&self, area: Area) -> Option<&str> {
        let mut examined = self.examined.iter();
        examined.find(|(known, _)| *known == area).map(|(_, what)| what.as_str())
    }

    pub(super) fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}
