//! What a deployment costs, where the file says so itself: LiteLLM has dollars for a token, and
//! hotcell dollars for a million.

use super::params::Params;
use super::said::Said;
use crate::Kind;
use crate::yaml::{ReadError, shown};
use hotcell::{GatewayConfig, PriceConfig};

/// A price, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Price {
    line: usize,
    setting: String,
    config: PriceConfig,
}

const INPUT: &str = "input_cost_per_token";
const OUTPUT: &str = "output_cost_per_token";
const CACHE_READ: &str = "cache_read_input_token_cost";
const CACHE_WRITE: &str = "cache_creation_input_token_cost";

/// Dollars for a million tokens that nobody asks for.
const MOST: f64 = 1e9;

/// Reads the price of a deployment: from its parameters, and from what is known of its model
/// where those do not say it.
pub(super) fn read(
    params: &mut Params,
    info: &mut Params,
    said: &mut Said<'_>,
) -> Result<Option<Price>, ReadError> {
    let mut found = None;
    let mut price = |key: &str| -> Result<Option<f64>, ReadError> {
        let inner = params.number(key, said)?;
        let outer = info.number(key, said)?;
        let place = if inner.is_some() { &*params } else { &*info };
        let Some(price) = inner.or(outer) else { return Ok(None) };
        let (line, setting) = (place.line_of(key), place.setting(key));
        // As exact as money is here.
        let million = (price * 1e15).round() / 1e9;
        if million > MOST {
            said.note(line, Kind::LeftOut, setting, "is dollars for one token, and too many");
            return Ok(None);
        }
        found.get_or_insert((line, setting));
        Ok(Some(million))
    };
    let (input, output) = (price(INPUT)?, price(OUTPUT)?);
    let (cache_read, cache_write) = (price(CACHE_READ)?, price(CACHE_WRITE)?);
    let Some((line, setting)) = found else { return Ok(None) };
    if input.is_none() || output.is_none() {
        let lacks = if input.is_none() { INPUT } else { OUTPUT };
        let message = format!(
            "`{lacks}` is not said beside it, and is 0; where none is said the prices are those of \
             the catalogue"
        );
        said.note(line, Kind::Differs, setting.clone(), message);
    }
    let (input, output) = (input.unwrap_or(0.0), output.unwrap_or(0.0));
    let config = PriceConfig { input, output, cache_read, cache_write };
    Ok(Some(Price { line, setting, config }))
}

impl Price {
    /// Writes it for a `provider/model`, which has one price.
    pub(super) fn write(&self, model: &str, gateway: &mut GatewayConfig, said: &mut Said<'_>) {
        if model.contains('*') {
            let message = "a price is of one model, and not of all that a `*` stands for: \
                           `[gateway.prices.\"provider/model\"]`";
            said.note(self.line, Kind::LeftOut, self.setting.clone(), message);
            return;
        }
        let known = gateway.prices.entry(model.to_owned()).or_insert(self.config);
        if *known != self.config {
            let message = format!(
                "`{}` has another price already, of a deployment before this one; only one that is \
                 at another provider can have one of its own",
                shown(model)
            );
            said.note(self.line, Kind::LeftOut, self.setting.clone(), message);
        }
    }
}
