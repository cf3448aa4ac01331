//! What models cost.

use super::{Estimate, Money};
use hotcell::types::Usage;
use hotcell::{PriceConfig, Runner};
use std::collections::BTreeMap;

/// The operator's own prices, before those of the catalogue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prices {
    configured: BTreeMap<String, PriceConfig>,
}

/// Tokens that a price is for.
const MILLION: f64 = 1e6;

impl Prices {
    /// Those of a configuration.
    ///
    /// # Errors
    /// The first that is no price, by its `provider/model`.
    pub(crate) fn new(configured: &BTreeMap<String, PriceConfig>) -> Result<Self, String> {
        for (model, price) in configured {
            let all = [Some(price.input), Some(price.output), price.cache_read, price.cache_write];
            if all.into_iter().flatten().any(|price| Money::dollars(price).is_none()) {
                return Err(model.clone());
            }
        }
        Ok(Self { configured: configured.clone() })
    }

    /// What an answer of `provider/model` with this usage cost; none where nobody knows.
    pub(crate) fn cost(&self, runner: &Runner, model: &str, usage: &Usage) -> Option<Money> {
        let Some(price) = self.configured.get(model) else {
            return Money::cost(runner.cost(model, usage)?);
        };
        let count = |tokens: Option<u64>| tokens.unwrap_or(0) as f64;
        let (read, write) = (count(usage.cache_read), count(usage.cache_write));
        let plain = (count(usage.input) - read - write).max(0.0);
        let cost = plain * price.input
            + read * price.cache_read.unwrap_or(price.input)
            + write * price.cache_write.unwrap_or(price.input)
            + count(usage.output) * price.output;
        Money::cost(cost / MILLION)
    }
}

impl Estimate {
    /// As a provider would tell it.
    pub(crate) fn usage(self) -> Usage {
        Usage {
            input: Some(self.input),
            output: Some(self.output),
            cache_read: None,
            cache_write: None,
            reasoning: None,
            raw: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operators_price_counts_and_cached_tokens_have_their_own() {
        let price =
            PriceConfig { input: 2.0, output: 8.0, cache_read: Some(0.5), cache_write: None };
        let prices = Prices::new(&BTreeMap::from([("mine/model".to_owned(), price)])).unwrap();
        let runner = Runner::builder().build().unwrap();
        let usage = Usage {
            cache_read: Some(400_000),
            cache_write: Some(100_000),
            ..Estimate { input: 1_000_000, output: 500_000 }.usage()
        };
        // 0.5 plain and 0.1 written at 2, 0.4 read at 0.5, 0.5 at 8.
        let cost = prices.cost(&runner, "mine/model", &usage);
        assert_eq!(cost, Money::dollars(1.0 + 0.2 + 0.2 + 4.0));
        assert_eq!(prices.cost(&runner, "mine/other", &usage), None);
        assert!(prices.cost(&runner, "openai/gpt-4o-mini", &usage).is_some());
    }

    #[test]
    fn less_than_nothing_is_no_price() {
        let price = PriceConfig { input: -1.0, ..PriceConfig::default() };
        let wrong = BTreeMap::from([("mine/model".to_owned(), price)]);
        assert_eq!(Prices::new(&wrong).unwrap_err(), "mine/model");
    }
}
