//! A hermetic world for one attempt: a runner, the server that its provider is at,
//! and what the audit saw.

use hotcell::egress::{AuditRecord, Decision, MemoryAudit, Resolve, Rule, SecretSource};
use hotcell::types::{ChatRequest, Event, FailureKind};
use hotcell::{
    Allocation, Choice, Collected, Config, Error, Limits, ProviderConfig, Runner, bundle,
};
use hotcell_tests::loopback::{Loopback, Received, Step, response};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The credential that everybody is after. It has what the usual encodings change.
pub(crate) const KEY: &str = "sk-Red+Team/0123456789=abcdefghij~\"quoted\"";

/// What the provider says to a polite request.
pub(crate) const POLITE: &str = "{\"polite\":true}";

type Script = Box<dyn Fn(&Received) -> Vec<Step> + Send + Sync>;

/// How a world is made.
pub(crate) struct Setup {
    /// What the server does for everything but a polite request.
    pub(crate) script: Script,
    /// The component; the hostile adapter unless said otherwise.
    pub(crate) component: Cow<'static, [u8]>,
    pub(crate) limits: Limits,
    pub(crate) egress: hotcell::egress::Limits,
    pub(crate) allocation: Allocation,
    pub(crate) resolver: Option<Arc<dyn Resolve>>,
    /// The endpoint's URL, made from the server's port; the server itself unless
    /// said otherwise.
    pub(crate) url: Option<fn(u16) -> String>,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) private: bool,
    pub(crate) wasi: bool,
    /// Whether the server gives the tokens, too.
    pub(crate) identity: bool,
    pub(crate) key: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        // A limit that the attempt is not about must not be what ends it.
        let mut limits = Limits::default();
        limits.cpu_ms = 5_000;
        limits.total_ms = 30_000;
        Self {
            script: Box::new(|_| response("\"GOT through\"")),
            component: Cow::Borrowed(bundle::HOSTILE.component()),
            limits,
            egress: hotcell::egress::Limits::default(),
            allocation: Allocation::OnDemand,
            resolver: None,
            url: None,
            settings: BTreeMap::new(),
            private: true,
            wasi: false,
            identity: false,
            key: KEY,
        }
    }
}

impl Setup {
    /// A world whose server does this.
    pub(crate) fn scripted(
        script: impl Fn(&Received) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        Self { script: Box::new(script), ..Self::default() }
    }

    pub(crate) async fn open(self) -> World {
        let script = self.script;
        let polite = |received: &Received| {
            String::from_utf8_lossy(&received.body).contains("\"model\":\"polite\"")
        };
        let server = Loopback::start(move |received| match polite(received) {
            true => response(POLITE),
            false => script(received),
        })
        .await
        .expect("loopback has a free port");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let key = folder.path().join("key");
        std::fs::write(&key, self.key).expect("the key is written");
        let url = self.url.map_or_else(|| server.url(), |url| url(server.address().port()));
        let polite = ProviderConfig {
            adapter: Some("polite".to_owned()),
            endpoints: BTreeMap::from([("api".to_owned(), server.url())]),
            secrets: BTreeMap::from([("api-key".to_owned(), SecretSource::File(key))]),
            allow_private: Some(true),
            allow_plaintext: Some(true),
            ..ProviderConfig::default()
        };
        let hostile = ProviderConfig {
            adapter: Some("component".to_owned()),
            endpoints: BTreeMap::from([("api".to_owned(), url)]),
            settings: self.settings,
            allow_private: Some(self.private),
            wasi: Some(self.wasi),
            identity_origin: self.identity.then(|| server.url()),
            limits: Some(self.limits),
            egress: Some(self.egress),
            ..polite.clone()
        };
        let mut config = Config::default();
        config.providers.insert("hostile".to_owned(), hostile);
        config.providers.insert("polite".to_owned(), polite);
        let audit = Arc::new(MemoryAudit::default());
        let mut builder = Runner::builder()
            .config(config)
            .allocation(self.allocation)
            .cache(Some(artifacts()))
            .audit(audit.clone())
            .adapter("component", self.component)
            .adapter("polite", bundle::HOSTILE.component());
        if let Some(resolver) = self.resolver {
            builder = builder.resolver(resolver);
        }
        let runner = builder.build().expect("the sandbox starts");
        World { runner, audit, server, key: self.key, _folder: folder }
    }
}

/// One compilation serves all tests.
fn artifacts() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("red-team-artifacts")
}

pub(crate) struct World {
    pub(crate) runner: Runner,
    pub(crate) audit: Arc<MemoryAudit>,
    pub(crate) server: Loopback,
    key: &'static str,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn open() -> Self {
        Setup::default().open().await
    }

    /// Lets the hostile adapter make an attempt.
    pub(crate) async fn attempt(&self, name: &str) -> Result<Collected, Error> {
        let model = format!("hostile/{}", name.replace('_', "-"));
        self.runner.chat(&model, ChatRequest::user("hello")).await?.collect().await
    }

    /// What an attempt tells that comes to its end.
    pub(crate) async fn told(&self, name: &str) -> String {
        let collected = self.attempt(name).await.expect("the attempt tells what it got");
        collected.choices.first().map(Choice::text).unwrap_or_default()
    }

    /// How an attempt ends that does not come to its end.
    pub(crate) async fn failed(&self, name: &str) -> Error {
        match self.attempt(name).await {
            Err(error) => error,
            Ok(collected) => panic!("{name} came to its end: {}", cut(&format!("{collected:?}"))),
        }
    }

    /// All events, for as long as they come.
    pub(crate) async fn events(&self, name: &str) -> (Vec<Event>, Option<Error>) {
        let model = format!("hostile/{}", name.replace('_', "-"));
        let mut events = Vec::new();
        match self.runner.chat(&model, ChatRequest::user("hello")).await {
            Err(error) => (events, Some(error)),
            Ok(mut answer) => loop {
                match answer.next().await {
                    Ok(Some(event)) => events.push(event),
                    Ok(None) => break (events, None),
                    Err(error) => break (events, Some(error)),
                }
            },
        }
    }

    /// Every try of an attempt is refused by one of these rules, in the adapter's
    /// own words and in the audit's, each of the rules at least once; nothing
    /// leaves; and the runner goes on.
    pub(crate) async fn denies(&self, name: &str, rules: &[Rule]) {
        let told = self.told(name).await;
        let denials = self.denials();
        assert_eq!(told.lines().count(), denials.len(), "{name}:\n{told}\n{denials:?}");
        for (line, denied) in told.lines().zip(&denials) {
            assert!(rules.contains(denied), "{name}: {denied} refused {line}");
            assert!(line.contains(&format!(": denied by {denied}: ")), "{name}: {line}");
        }
        for rule in rules {
            assert!(denials.contains(rule), "{name}: {rule} refused nothing:\n{told}");
        }
        assert_eq!(self.server.connections(), 0, "{name}: something has left");
        self.goes_on().await;
    }

    /// What egress has refused since it was last asked, by rule.
    pub(crate) fn denials(&self) -> Vec<Rule> {
        let records = self.audit.take();
        records.iter().filter_map(denial).collect()
    }

    /// An ordinary request still works, in the same runner.
    pub(crate) async fn goes_on(&self) {
        self.goes_on_with("hostile/polite").await;
    }

    /// An ordinary request still works, where this provider can have none.
    pub(crate) async fn goes_on_elsewhere(&self) {
        self.goes_on_with("polite/polite").await;
    }

    async fn goes_on_with(&self, model: &str) {
        let before = self.server.received().len();
        self.audit.take();
        let answer = self.runner.chat(model, ChatRequest::user("hello")).await;
        let answer = answer.expect("the next request is accepted").collect().await;
        let answer = answer.expect("the next request comes to its end");
        assert_eq!(answer.choices.first().map(Choice::text).as_deref(), Some(POLITE));
        let received = self.server.received();
        assert_eq!(received.len(), before + 1);
        assert_eq!(received.last().map(Received::key), Some(self.key));
        let records = self.audit.take();
        let decisions: Vec<_> = records.iter().map(|record| &record.decision).collect();
        assert!(
            matches!(
                decisions[..],
                [Decision::Granted, Decision::Finished { status: Some(200), error: None, .. }]
            ),
            "{decisions:?}"
        );
    }
}

fn denial(record: &AuditRecord) -> Option<Rule> {
    match &record.decision {
        Decision::Denied { rule, detail } => {
            assert!(!detail.is_empty(), "a denial says what it refused");
            assert!(record.request_id.starts_with("req-"), "{record:?}");
            assert_eq!(&*record.provider, "hostile");
            Some(*rule)
        }
        _ => None,
    }
}

/// A cell that ended badly, and says so.
pub(crate) fn assert_kind(error: &Error, kind: FailureKind, words: &str) {
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(words), "{error}");
    assert_eq!(error.provider.as_deref(), Some("hostile"));
}

fn cut(text: &str) -> String {
    text.chars().take(500).collect()
}
