//! Where Azure has things, and in which version.

use hotcell_sdk::{RequestBuilder, percent_encode, setting};

/// One of Azure's interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// <https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle>: without a
    /// version, the model named in the body.
    V1,
    /// <https://learn.microsoft.com/azure/ai-foundry/openai/reference>: a dated version, the
    /// deployment named in the path.
    Deployments,
    /// <https://learn.microsoft.com/rest/api/aifoundry/model-inference>: models of all makers,
    /// named in the body.
    Models,
}

impl Route {
    pub(crate) fn configured() -> Self {
        match setting("route").as_deref() {
            Some("deployments") => Self::Deployments,
            Some("models") => Self::Models,
            _ => Self::V1,
        }
    }

    pub(crate) fn chat(self, model: &str) -> String {
        self.base(model) + "/chat/completions"
    }

    pub(crate) fn embeddings(self, model: &str) -> String {
        self.base(model) + "/embeddings"
    }

    pub(crate) fn models(self) -> &'static str {
        match self {
            Self::V1 => "/openai/v1/models",
            Self::Deployments | Self::Models => "/openai/models",
        }
    }

    /// Adds what the interface wants with every request.
    pub(crate) fn finish(self, builder: RequestBuilder<'_>) -> RequestBuilder<'_> {
        // The service refuses members that its own schema lacks, such as the effort of
        // reasoning, unless it is asked to hand them on to the model.
        let builder = match self {
            Self::Models => builder.header("extra-parameters", "pass-through"),
            Self::V1 | Self::Deployments => builder,
        };
        match setting("api-version").or_else(|| self.version().map(str::to_owned)) {
            Some(version) => builder.query("api-version", &version),
            None => builder,
        }
    }

    fn base(self, model: &str) -> String {
        match self {
            Self::V1 => "/openai/v1".to_owned(),
            Self::Deployments => {
                let mut base = "/openai/deployments/".to_owned();
                percent_encode(&mut base, model);
                base
            }
            Self::Models => "/models".to_owned(),
        }
    }

    fn version(self) -> Option<&'static str> {
        match self {
            Self::V1 => None,
            // The last one with a date: the first ones know neither the role `developer` nor
            // the effort of reasoning.
            Self::Deployments => Some("2025-04-01-preview"),
            Self::Models => Some("2024-05-01-preview"),
        }
    }
}
