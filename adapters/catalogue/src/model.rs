//! What is publicly known of models: data with a date, in `models.csv`.
//!
//! It is for listings, for costs, and for refusing early what a model is known not to take.
//! A model that is not in it is no worse for that.

use std::collections::BTreeMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("../models.csv");

/// Where a region may stand before a model's name on Bedrock, for an inference profile of
/// several regions.
const AREAS: [&str; 11] =
    ["us", "eu", "apac", "ap", "jp", "au", "global", "us-gov", "ca", "sa", "amer"];

/// What is known of one model at one provider.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ModelFacts {
    /// The provider, by its name in the catalogue.
    pub provider: &'static str,
    /// The model, as the provider names it.
    pub id: &'static str,
    /// The interface that it is for, by its name in `wit/`.
    pub interface: &'static str,
    /// The most tokens that a request may have.
    pub context: Option<u64>,
    /// The most tokens of an answer.
    pub output: Option<u64>,
    /// What it takes; none where that is not known.
    pub takes: Option<Modalities>,
    /// What it gives; none where that is not known.
    pub gives: Option<Modalities>,
    /// It calls functions.
    pub functions: bool,
    /// It keeps to a JSON schema.
    pub structured: bool,
    /// It thinks before it answers.
    pub reasoning: bool,
    /// What it costs.
    pub price: Price,
    /// The day, as `YYYY-MM-DD`, from which on the provider may not have it any more.
    pub retires: Option<&'static str>,
}

/// What goes in or comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Modalities {
    pub text: bool,
    pub image: bool,
    pub audio: bool,
    pub video: bool,
    pub document: bool,
}

/// US dollars for a million tokens of an ordinary request with a short prompt; none where the
/// price is not public.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Price {
    /// Of the prompt.
    pub input: Option<f64>,
    /// Of the answer, reasoning included.
    pub output: Option<f64>,
    /// Of the part of the prompt that was read from a cache.
    pub cache_read: Option<f64>,
    /// Of the part of the prompt that was written to a cache.
    pub cache_write: Option<f64>,
}

/// The tokens of a request that has been answered, as `usage` in `wit/types.wit` counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Every token of the prompt, cached or not.
    pub input: u64,
    /// Every token of the answer, reasoning included.
    pub output: u64,
    /// Those of the prompt that were read from a cache.
    pub cache_read: u64,
    /// Those of the prompt that were written to a cache.
    pub cache_write: u64,
}

struct Models {
    facts: Vec<ModelFacts>,
    places: BTreeMap<(&'static str, &'static str), usize>,
}

static MODELS: LazyLock<Models> = LazyLock::new(|| {
    // A test reads every line; one that says nothing cannot get this far.
    let facts: Vec<ModelFacts> = rows().filter_map(ModelFacts::read).collect();
    let places = facts.iter().enumerate().map(|(at, it)| ((it.provider, it.id), at)).collect();
    Models { facts, places }
});

fn rows() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// All models, by provider and name.
pub fn models() -> &'static [ModelFacts] {
    &MODELS.facts
}

/// The day, as `YYYY-MM-DD`, on which the facts were taken.
pub fn models_date() -> &'static str {
    let date = TABLE.lines().find_map(|line| line.strip_prefix("# date: "));
    date.unwrap_or_default()
}

/// What is known of a model, also under the forms of its name that providers accept.
pub fn model(provider: &str, id: &str) -> Option<&'static ModelFacts> {
    let find = |id: &str| {
        let place = MODELS.places.range((provider, id)..=(provider, id)).next();
        place.and_then(|(_, at)| MODELS.facts.get(*at))
    };
    find(id).or_else(|| match provider {
        "bedrock" => {
            id.split_once('.').filter(|(area, _)| AREAS.contains(area)).and_then(|it| find(it.1))
        }
        "gemini" => id.strip_prefix("models/").and_then(find),
        "vertex" => id.split_once('@').and_then(|it| find(it.0)),
        _ => None,
    })
}

impl ModelFacts {
    fn read(row: &'static str) -> Option<Self> {
        let fields: Vec<&'static str> = row.split(',').collect();
        let &[provider, id, interface, context, output, takes, gives, can, ref rest @ ..] =
            fields.as_slice()
        else {
            return None;
        };
        let &[input, answer, cache_read, cache_write, retires] = rest else { return None };
        let price = |text: &str| text.parse().ok();
        Some(Self {
            provider,
            id,
            interface,
            context: context.parse().ok(),
            output: output.parse().ok(),
            takes: Modalities::read(takes),
            gives: Modalities::read(gives),
            functions: can.contains('f'),
            structured: can.contains('s'),
            reasoning: can.contains('r'),
            price: Price {
                input: price(input),
                output: price(answer),
                cache_read: price(cache_read),
                cache_write: price(cache_write),
            },
            retires: (!retires.is_empty()).then_some(retires),
        })
    }
}

impl Modalities {
    fn read(letters: &str) -> Option<Self> {
        let has = |letter| letters.contains(letter);
        (!letters.is_empty()).then(|| Self {
            text: has('t'),
            image: has('i'),
            audio: has('a'),
            video: has('v'),
            document: has('d'),
        })
    }

    /// Their names, in one order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let all = [
            (self.text, "text"),
            (self.image, "image"),
            (self.audio, "audio"),
            (self.video, "video"),
            (self.document, "document"),
        ];
        all.into_iter().filter_map(|(has, name)| has.then_some(name))
    }
}

impl Price {
    /// What a request cost, in US dollars; none where a price of it is not known. What was
    /// read from or written to a cache costs as much as the rest where it has no price of its
    /// own.
    pub fn of(&self, spent: Spent) -> Option<f64> {
        let Spent { input, output, cache_read, cache_write } = spent;
        let plain = input.saturating_sub(cache_read).saturating_sub(cache_write);
        let cost = |tokens: u64, price: Option<f64>| match tokens {
            0 => Some(0.0),
            tokens => price.map(|price| tokens as f64 * price / 1e6),
        };
        Some(
            cost(plain, self.input)?
                + cost(output, self.output)?
                + cost(cache_read, self.cache_read.or(self.input))?
                + cost(cache_write, self.cache_write.or(self.input))?,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_says_something_in_a_form_that_is_read() {
        let day = |text: &str| {
            let parts: Vec<&str> = text.split('-').collect();
            matches!(&parts[..], [y, m, d] if y.len() == 4 && m.len() == 2 && d.len() == 2)
                && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        };
        assert!(day(models_date()), "{:?}", models_date());
        let kinds =
            ["chat", "embeddings", "rerank", "images", "speech", "transcription", "moderation"];
        for row in rows() {
            let facts = ModelFacts::read(row).unwrap_or_else(|| panic!("{row}"));
            let fields: Vec<&str> = row.split(',').collect();
            assert_eq!(fields.len(), 13, "{row}");
            assert!(kinds.contains(&facts.interface), "{row}");
            assert_eq!(facts.context.is_some(), !fields[3].is_empty(), "{row}");
            assert_eq!(facts.output.is_some(), !fields[4].is_empty(), "{row}");
            assert!(
                fields[5].chars().chain(fields[6].chars()).all(|c| "tiavd".contains(c)),
                "{row}"
            );
            assert!(fields[7].chars().all(|c| "fsr".contains(c)), "{row}");
            let prices = [
                facts.price.input,
                facts.price.output,
                facts.price.cache_read,
                facts.price.cache_write,
            ];
            for (price, field) in prices.iter().zip(&fields[8..12]) {
                assert_eq!(price.is_some(), !field.is_empty(), "{row}");
                assert!(price.is_none_or(|price| (0.0..10_000.0).contains(&price)), "{row}");
            }
            assert!(facts.retires.is_none_or(day), "{row}");
        }
    }

    #[test]
    fn rows_stand_in_order_and_each_once() {
        let names: Vec<(&str, &str)> = models().iter().map(|it| (it.provider, it.id)).collect();
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn a_model_is_found_by_the_forms_of_its_name() {
        assert_eq!(model("openai", "gpt-4o").unwrap().context, Some(128_000));
        assert_eq!(model("groq", "gpt-4o"), None);
        let plain = model("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0").unwrap();
        let profile = model("bedrock", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0").unwrap();
        assert_eq!(plain, profile);
        assert!(model("gemini", "models/gemini-2.5-pro").is_some());
    }

    #[test]
    fn what_was_cached_costs_its_own_price() {
        let price = Price {
            input: Some(3.0),
            output: Some(15.0),
            cache_read: Some(0.3),
            cache_write: None,
        };
        let spent =
            Spent { input: 1_000_000, output: 100_000, cache_read: 500_000, cache_write: 0 };
        let cost = price.of(spent).unwrap();
        assert!((cost - (1.5 + 1.5 + 0.15)).abs() < 1e-9, "{cost}");
        let unknown = Price { output: None, ..price };
        assert_eq!(unknown.of(spent), None);
        assert!(unknown.of(Spent { output: 0, ..spent }).is_some());
    }
}
