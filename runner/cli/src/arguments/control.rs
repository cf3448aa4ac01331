//! What the commands take that are about the gateway's keys.

use clap::{Args, Subcommand, ValueEnum};

/// Where the gateway's keys and accounts are.
#[derive(Args, Debug)]
pub(crate) struct StateArguments {
    /// Ask the admin API of this gateway, such as https://llm.example.com, instead of the state
    /// on this machine; the admin key comes from where the configuration says, or from
    /// HOTCELL_ADMIN_KEY
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "HOTCELL_GATEWAY",
        hide_env_values = true
    )]
    pub(crate) gateway: Option<String>,
}

/// Make and change the keys that clients of the gateway use
///
/// A key may use some models and endpoints, at some rate, for some money and until some
/// day. It is shown once, when it is made: what is kept is a digest. A gateway that runs
/// sees a change within two seconds.
///
///   hotcell keys create --alias ci --model 'openai/*' --budget-month 20 --expires-in 90d
///   hotcell keys block key-0123456789abcdef
///   hotcell keys rotate key-0123456789abcdef
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct KeysArguments {
    #[command(flatten)]
    pub(crate) state: StateArguments,

    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key, and show it
    Create(KeyCreateArguments),
    /// List keys
    List {
        /// Only those of this team
        #[arg(long, value_name = "TEAM")]
        team: Option<String>,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Show a key, but for its secret
    Show(IdArguments),
    /// Change what a key may; what is not named stays
    Change(KeyChangeArguments),
    /// Let a key open nothing for now
    Block(IdArguments),
    /// Let a key open again what it did
    Unblock(IdArguments),
    /// Give a key another secret, and show it; the one before opens nothing any more
    Rotate(IdArguments),
    /// Remove a key for good; what it spent stays in the accounts
    Delete(IdArguments),
}

/// Make and change teams, whose keys share limits
#[derive(Args, Debug)]
pub(crate) struct TeamsArguments {
    #[command(flatten)]
    pub(crate) state: StateArguments,

    #[command(subcommand)]
    pub(crate) command: TeamsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TeamsCommand {
    /// Make a team
    Create(TeamArguments),
    /// List teams
    List {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Show a team
    Show(IdArguments),
    /// Change what a team may; what is not named stays
    Change(TeamArguments),
    /// Let a team's keys open nothing for now
    Block(IdArguments),
    /// Let a team's keys open again what they did
    Unblock(IdArguments),
    /// Remove a team that has no keys
    Delete(IdArguments),
}

#[derive(Args, Debug)]
pub(crate) struct KeyCreateArguments {
    #[command(flatten)]
    pub(crate) key: VirtualKeyArguments,
}

#[derive(Args, Debug)]
pub(crate) struct KeyChangeArguments {
    /// The key's id: `key-…`
    #[arg(value_name = "ID")]
    pub(crate) id: String,

    #[command(flatten)]
    pub(crate) key: VirtualKeyArguments,
}

#[derive(Args, Debug)]
pub(crate) struct VirtualKeyArguments {
    /// What to call it
    #[arg(long, value_name = "TEXT")]
    pub(crate) alias: Option<String>,

    /// The team whose limits hold as well
    #[arg(long, value_name = "TEAM")]
    pub(crate) team: Option<String>,

    /// For how long it opens anything: 12h, 90d
    #[arg(long, value_name = "SPAN")]
    pub(crate) expires_in: Option<String>,

    #[command(flatten)]
    pub(crate) limits: LimitArguments,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct TeamArguments {
    /// The team's name
    #[arg(value_name = "TEAM")]
    pub(crate) id: String,

    /// What to call it
    #[arg(long, value_name = "TEXT")]
    pub(crate) alias: Option<String>,

    #[command(flatten)]
    pub(crate) limits: LimitArguments,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a key or a team may.
#[derive(Args, Debug)]
pub(crate) struct LimitArguments {
    /// A model that it may use, as clients call it; `*` is any text. May be given more than
    /// once; without it all
    #[arg(long = "model", value_name = "MODEL")]
    pub(crate) models: Vec<String>,

    /// An endpoint that it may use, such as chat-completions; as `--model`
    #[arg(long = "endpoint", value_name = "NAME")]
    pub(crate) endpoints: Vec<String>,

    #[command(flatten)]
    pub(crate) budget: BudgetArguments,

    /// Requests in a minute
    #[arg(long, value_name = "N")]
    pub(crate) requests_per_minute: Option<u64>,

    /// Tokens in a minute, of prompts and answers
    #[arg(long, value_name = "N")]
    pub(crate) tokens_per_minute: Option<u64>,
}

/// US dollars, for spans of time.
#[derive(Args, Debug)]
pub(crate) struct BudgetArguments {
    /// US dollars a day, which begins at midnight in UTC; `none` takes the limit away
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub(crate) budget_day: Option<Amount>,

    /// US dollars a week, which begins on Monday
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub(crate) budget_week: Option<Amount>,

    /// US dollars a month of the calendar
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub(crate) budget_month: Option<Amount>,

    /// US dollars for ever
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub(crate) budget_total: Option<Amount>,
}

/// US dollars; none where there is no limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Amount(pub(crate) Option<f64>);

fn amount(text: &str) -> Result<Amount, String> {
    if text == "none" {
        return Ok(Amount(None));
    }
    let dollars: Option<f64> = text.trim_start_matches('$').parse().ok();
    let dollars = dollars.filter(|dollars| (0.0..=1e9).contains(dollars));
    let dollars = dollars.ok_or("expected US dollars, such as 20 or 0.50, or none")?;
    Ok(Amount(Some(dollars)))
}

#[derive(Args, Debug)]
pub(crate) struct IdArguments {
    /// A key's id (`key-…`) or a team's name
    #[arg(value_name = "ID")]
    pub(crate) id: String,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show what was used through the gateway, and what it cost
///
///   hotcell usage --by model --since 2027-01-01
///   hotcell usage --key key-0123456789abcdef --by day
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct UsageArguments {
    #[command(flatten)]
    pub(crate) state: StateArguments,

    /// One line for each of these; may be given more than once
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub(crate) by: Vec<UsageBy>,

    /// Of this key alone
    #[arg(long, value_name = "ID")]
    pub(crate) key: Option<String>,

    /// Of this team alone
    #[arg(long, value_name = "TEAM")]
    pub(crate) team: Option<String>,

    /// Of this `provider/model` alone
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,

    /// From this day on, as YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    pub(crate) since: Option<String>,

    /// Up to this day
    #[arg(long, value_name = "DAY")]
    pub(crate) until: Option<String>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum UsageBy {
    Day,
    Key,
    Team,
    Model,
}

/// See and set budgets of keys and teams
///
/// Without a name it lists every key and team that has one. With a name and amounts it
/// sets them:
///
///   hotcell budget
///   hotcell budget key-0123456789abcdef
///   hotcell budget research --budget-month 500 --budget-day none
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct SpendingArguments {
    #[command(flatten)]
    pub(crate) state: StateArguments,

    /// A key's id (`key-…`) or a team's name
    #[arg(value_name = "ID")]
    pub(crate) id: Option<String>,

    #[command(flatten)]
    pub(crate) budget: BudgetArguments,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
