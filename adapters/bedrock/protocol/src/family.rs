//! Whose model is asked. Converse is one protocol for the models of many makers, and
//! some things are taken by the models of some of them only
//! (<https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html>).

use crate::parted;
use hotcell_sdk::setting;

/// A maker's models, as far as they differ in what they take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Family {
    Ai21,
    Claude,
    Cohere,
    DeepSeek,
    Llama,
    Mistral,
    Nova,
    /// Nova that can reason.
    Nova2,
    OpenAi,
    Titan,
    /// Of another maker, or an ARN that does not tell.
    #[default]
    Unknown,
}

/// What stands in the setting, and what stands in ids.
const WORDS: [(&str, &str, Family); 10] = [
    ("ai21", "ai21.", Family::Ai21),
    ("claude", "anthropic.", Family::Claude),
    ("cohere", "cohere.", Family::Cohere),
    ("deepseek", "deepseek.", Family::DeepSeek),
    ("llama", "meta.", Family::Llama),
    ("mistral", "mistral.", Family::Mistral),
    ("nova-2", "amazon.nova-2", Family::Nova2),
    ("nova", "amazon.nova", Family::Nova),
    ("openai", "openai.", Family::OpenAi),
    ("titan", "amazon.titan", Family::Titan),
];

impl Family {
    /// Told by the setting `family`, or by the model's id, which may be that of an
    /// inference profile or stand within an ARN.
    pub(crate) fn of(model: &str) -> Self {
        let told = setting("family").unwrap_or_default();
        let by_setting = WORDS.iter().find(|(word, ..)| *word == told);
        let by_id = || WORDS.iter().find(|(_, id, _)| stands_in(model, id));
        by_setting.or_else(by_id).map_or(Self::Unknown, |(.., family)| *family)
    }

    /// Cache points in messages and instructions.
    pub(crate) fn caches(self) -> bool {
        matches!(self, Self::Claude | Self::Nova | Self::Nova2)
    }

    /// Cache points behind tools, and such that hold for an hour.
    pub(crate) fn caches_more(self) -> bool {
        self == Self::Claude
    }

    /// A word for a tool that failed.
    pub(crate) fn tells_failed_tools(self) -> bool {
        matches!(self, Self::Claude | Self::Nova | Self::Nova2 | Self::Unknown)
    }

    /// Tools whose schema is enforced.
    pub(crate) fn has_strict_tools(self) -> bool {
        use Family::{Ai21, Cohere, Llama, Nova, Nova2, Titan};
        !matches!(self, Ai21 | Cohere | Llama | Nova | Nova2 | Titan)
    }
}

/// Whether an id has this maker: at its beginning, behind the region of an inference
/// profile, or behind the last separator of an ARN.
fn stands_in(model: &str, maker: &str) -> bool {
    let mut rest = model;
    while let Some((before, after)) = parted(rest, maker) {
        let last = before.chars().next_back();
        // What was passed over ends in the maker itself, which is no separator.
        let first = before.is_empty() && rest.len() == model.len();
        if first || last.is_some_and(|last| matches!(last, '.' | '/' | ':')) {
            return true;
        }
        rest = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{Family, WORDS, stands_in};

    fn by_id(model: &str) -> Family {
        let found = WORDS.iter().find(|(_, id, _)| stands_in(model, id));
        found.map_or(Family::Unknown, |(.., family)| *family)
    }

    #[test]
    fn a_model_tells_by_its_id_whose_it_is() {
        for (model, family) in [
            ("anthropic.claude-v2", Family::Claude),
            ("us.anthropic.claude-haiku-4-5-20251001-v1:0", Family::Claude),
            ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", Family::Claude),
            (
                "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-x",
                Family::Claude,
            ),
            ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", Family::Nova),
            ("amazon.nova-micro-v1:0", Family::Nova),
            ("us.amazon.nova-2-lite-v1:0", Family::Nova2),
            ("amazon.titan-text-lite-v1", Family::Titan),
            ("cohere.command-r-v1:0", Family::Cohere),
            ("us.meta.llama3-1-70b-instruct-v1:0", Family::Llama),
            ("openai.gpt-oss-120b-1:0", Family::OpenAi),
            ("us.deepseek.r1-v1:0", Family::DeepSeek),
            ("qwen.qwen3-32b-v1:0", Family::Unknown),
            ("notanthropic.model", Family::Unknown),
            (
                "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6",
                Family::Unknown,
            ),
        ] {
            assert_eq!(by_id(model), family, "{model}");
        }
    }
}
