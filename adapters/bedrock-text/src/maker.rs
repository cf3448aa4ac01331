//! Whose words a model takes. Answers tell it themselves; requests have to know.

use hotcell_bedrock::parted;
use hotcell_sdk::setting;

/// A maker's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Maker {
    /// Cohere's first: <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command.html>.
    Command,
    /// Cohere's chat: <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html>.
    CommandR,
    /// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-deepseek.html>.
    DeepSeek,
    /// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html>.
    Llama,
    /// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html>.
    Mistral,
    /// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html>.
    Titan,
}

/// What stands in the setting, and what stands in ids: the first that does counts.
const WORDS: [(&str, &str, Maker); 6] = [
    ("command-r", "cohere.command-r", Maker::CommandR),
    ("command", "cohere.command", Maker::Command),
    ("deepseek", "deepseek.r1", Maker::DeepSeek),
    ("llama", "meta.llama", Maker::Llama),
    ("mistral", "mistral.mi", Maker::Mistral),
    ("titan", "amazon.titan", Maker::Titan),
];

impl Maker {
    /// That of a model; none where neither the setting nor the id tells.
    pub(crate) fn of(model: &str) -> Option<Self> {
        let told = setting("family").unwrap_or_default();
        let by_setting = WORDS.iter().find(|(word, ..)| *word == told);
        let by_id = || WORDS.iter().find(|(_, id, _)| parted(model, id).is_some());
        by_setting.or_else(by_id).map(|(.., maker)| *maker)
    }
}

#[cfg(test)]
mod tests {
    use super::Maker;

    #[test]
    fn an_id_tells_whose_words_a_model_takes() {
        for (model, maker) in [
            ("cohere.command-r-plus-v1:0", Some(Maker::CommandR)),
            ("cohere.command-light-text-v14", Some(Maker::Command)),
            ("us.deepseek.r1-v1:0", Some(Maker::DeepSeek)),
            ("arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-8b", Some(Maker::Llama)),
            ("mistral.mixtral-8x7b-instruct-v0:1", Some(Maker::Mistral)),
            ("amazon.titan-text-express-v1", Some(Maker::Titan)),
            ("amazon.nova-lite-v1:0", None),
            ("anthropic.claude-v2", None),
            ("deepseek.v3-v1:0", None),
            ("arn:aws:bedrock:us-east-1:123456789012:imported-model/a1b2c3", None),
        ] {
            assert_eq!(Maker::of(model), maker, "{model}");
        }
    }
}
