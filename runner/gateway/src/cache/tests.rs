use super::*;
use crate::access::Caller;
use crate::deployment::Models;
use hotcell::types::{
    ChatRequest, Delta, Event, FinishReason, Finished, FunctionTool, MediaKind, MediaPart,
    MediaSource, Message, Native, Part, Role, Tool,
};
use hotcell::{CacheConfig, CacheShare, GatewayConfig};
use hotcell_dialects::Dialect;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// A clock that stands until it is set.
#[derive(Clone, Default)]
struct Hands(Arc<AtomicU64>);

impl Hands {
    fn set(&self, now: u64) {
        self.0.store(now, Ordering::Relaxed);
    }

    fn clock(&self) -> Clock {
        let hands = self.0.clone();
        Arc::new(move || hands.load(Ordering::Relaxed))
    }
}

/// What is ready at once.
fn now<T>(later: impl Future<Output = T>) -> T {
    let mut later = std::pin::pin!(later);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match later.as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("it waits"),
    }
}

fn cache(config: CacheConfig, hands: &Hands) -> Cache {
    let gateway = GatewayConfig { cache: Some(config), ..GatewayConfig::default() };
    let config = Config { gateway: Some(gateway), ..Config::default() };
    Cache::new(&config, &[], hands.clock()).expect("a place").expect("a cache")
}

fn an_hour() -> CacheConfig {
    CacheConfig { seconds: Some(3600), ..CacheConfig::default() }
}

fn key(number: u64) -> Key {
    let mut key = Key::default();
    key[..8].copy_from_slice(&number.to_be_bytes());
    key
}

fn text(text: &str) -> Event {
    Event::Text(Delta { choice: 0, index: 0, text: text.to_owned() })
}

fn finished(reason: FinishReason) -> Event {
    Event::Finished(Finished { choice: 0, reason, raw: None, extra: None })
}

/// Puts an answer there that came from these events.
fn put(cache: &Cache, key: Key, seconds: u64, events: &[Event]) {
    let mut draft = cache.draft(key, seconds, "mock/gpt");
    events.iter().for_each(|event| draft.note(event));
    cache.put(draft);
}

#[test]
fn an_answer_is_there_until_its_time_is_over() {
    let hands = Hands::default();
    hands.set(1000);
    let cache = cache(an_hour(), &hands);
    let events = [text("hello"), finished(FinishReason::Stop)];
    put(&cache, key(1), 60, &events);
    for (at, oldest, age) in [
        (1000, 60, Some(0)),
        (1059, 60, Some(59)),
        // A client that wants it younger, and a model whose answers are kept for less now.
        (1059, 59, None),
        (1059, 0, None),
        // It is gone where it was put, whatever is asked for.
        (1060, 3600, None),
        // Somebody set the clock back.
        (900, 60, Some(0)),
    ] {
        hands.set(at);
        let kept = now(cache.get(key(1), oldest));
        assert_eq!(kept.as_ref().map(|kept| kept.age), age, "{at} {oldest}");
        if let Some(kept) = kept {
            assert_eq!(kept.model, "mock/gpt");
            assert_eq!(serde_json::from_slice::<Vec<Event>>(&kept.answer).unwrap(), events);
        }
    }
    assert_eq!(now(cache.get(key(2), 3600)), None);
}

#[test]
fn only_what_ended_as_it_should_is_kept() {
    let hands = Hands::default();
    let cache = cache(an_hour(), &hands);
    let all = [
        (vec![text("a"), finished(FinishReason::Stop)], true),
        (vec![text("a"), finished(FinishReason::Length)], true),
        (vec![text("a"), finished(FinishReason::ToolCalls)], true),
        (vec![text("a")], false),
        (vec![], false),
        (vec![text("a"), finished(FinishReason::ContentFilter)], false),
        (vec![text("a"), finished(FinishReason::Refusal)], false),
        (vec![text("a"), finished(FinishReason::Pause)], false),
        (vec![text("a"), finished(FinishReason::Other)], false),
        (vec![finished(FinishReason::Stop), finished(FinishReason::Refusal)], false),
        (vec![finished(FinishReason::Refusal), finished(FinishReason::Stop)], false),
    ];
    for (number, (events, is_kept)) in all.into_iter().enumerate() {
        put(&cache, key(number as u64), 60, &events);
        let kept = now(cache.get(key(number as u64), 60));
        assert_eq!(kept.is_some(), is_kept, "{events:?}");
    }
}

#[test]
fn memory_has_an_end_under_ten_thousand_answers_and_what_is_asked_for_stays() {
    let hands = Hands::default();
    let (bytes, entries) = (100_000, 500);
    let memory = Memory::new(bytes, entries, hands.clock());
    memory.put(key(u64::MAX), Bytes::from(vec![0; 50]), 60);
    for number in 0..10_000 {
        // The smaller ones meet one end, the larger ones the other.
        let size = if number < 5_000 { 10 } else { 1_000 };
        memory.put(key(number), Bytes::from(vec![0; size]), 60);
        let standing = memory.standing().unwrap();
        assert!(standing.bytes <= bytes && standing.entries <= entries, "{standing:?}");
        assert!(now(memory.get(key(u64::MAX))).is_some(), "{number}");
    }
    assert!(now(memory.get(key(9_999))).is_some() && now(memory.get(key(0))).is_none());
    let standing = memory.standing().unwrap();
    assert_eq!(standing.evicted + standing.entries as u64, 10_001);
    // What is put anew takes no more than before.
    let before = standing.bytes;
    memory.put(key(9_999), Bytes::from(vec![0; 1_000]), 60);
    assert_eq!(memory.standing().unwrap().bytes, before);
    // What could never have room makes none.
    memory.put(key(0), Bytes::from(vec![0; bytes]), 60);
    assert_eq!(memory.standing().unwrap(), standing);
}

#[test]
fn what_comes_stays_however_much_was_asked_for_before() {
    let memory = Memory::new(usize::MAX, 3, Hands::default().clock());
    for number in 0..10 {
        memory.put(key(number), Bytes::new(), 60);
        assert!(now(memory.get(key(number))).is_some(), "{number}");
    }
    assert_eq!(memory.standing().unwrap().entries, 3);
}

#[test]
fn what_nobody_may_see_any_more_leaves_first() {
    let hands = Hands::default();
    let memory = Memory::new(usize::MAX, 2, hands.clock());
    memory.put(key(1), Bytes::new(), 10);
    memory.put(key(2), Bytes::new(), 100);
    assert!(now(memory.get(key(1))).is_some());
    hands.set(50);
    memory.put(key(3), Bytes::new(), 100);
    assert!(now(memory.get(key(1))).is_none());
    assert!(now(memory.get(key(2))).is_some() && now(memory.get(key(3))).is_some());
}

#[test]
fn what_is_being_written_down_has_an_end() {
    let hands = Hands::default();
    let config = CacheConfig { answer_bytes: Some(2_000), bytes: Some(3_600), ..an_hour() };
    let cache = cache(config, &hands);
    let end = finished(FinishReason::Stop);
    // One that is too large itself.
    put(&cache, key(1), 60, &[text(&"x".repeat(2_000)), end.clone()]);
    assert_eq!(now(cache.get(key(1), 60)), None);
    assert_eq!(cache.room.taken(), 0);
    // One beside others that take all there is.
    let mut drafts: Vec<Draft> = (0..4).map(|it| cache.draft(key(it), 60, "m")).collect();
    for (draft, size) in drafts.iter_mut().zip([800, 800, 800, 1_500]) {
        draft.note(&text(&"x".repeat(size)));
        assert!(cache.room.taken() <= 3_600, "{}", cache.room.taken());
    }
    for mut draft in drafts {
        draft.note(&end);
        cache.put(draft);
    }
    let kept = (0..4).map(|it| now(cache.get(key(it), 60)).is_some());
    assert_eq!(kept.collect::<Vec<_>>(), [true, true, true, false]);
    assert_eq!(cache.room.taken(), 0);
}

#[test]
fn what_is_no_answer_is_not_there() {
    let hands = Hands::default();
    hands.set(7);
    let cache = cache(an_hour(), &hands);
    let mut draft = cache.draft(key(0), 60, "openai/gpt-4o");
    draft.whole(&"an answer");
    let whole = draft.finish().unwrap();
    let kept = envelope::open(whole.clone(), 9).unwrap();
    assert_eq!(
        (&*kept.model, kept.age, &kept.answer[..]),
        ("openai/gpt-4o", 2, &b"\"an answer\""[..])
    );
    // Whatever is cut off or turned around: it is another answer, or none, and nothing breaks.
    for cut in 0..whole.len() {
        cache.place.put(key(1), whole.slice(..cut), 60);
        let kept = now(cache.get(key(1), 60));
        let is_whole = kept.is_some_and(|kept| kept.answer == b"\"an answer\""[..]);
        assert!(!is_whole, "{cut}");
        let mut bytes = whole.to_vec();
        bytes[cut] = !bytes[cut];
        drop(envelope::open(bytes.into(), 9));
    }
    cache.place.put(key(2), Bytes::from(vec![0xff; 64]), 60);
    assert_eq!(now(cache.get(key(2), 60)), None);
}

fn caller(id: &str, team: Option<&str>) -> Caller {
    let key = crate::store::Key { id: id.to_owned(), ..crate::store::Key::default() };
    let team =
        team.map(|id| crate::store::Team { id: id.to_owned(), ..crate::store::Team::default() });
    Caller::key(key, team, 0).unwrap()
}

#[test]
fn answers_are_for_those_who_share_them_and_nobody_else() {
    let policy = |share| {
        let config = CacheConfig { share, ..an_hour() };
        cache(config, &Hands::default()).policy
    };
    let all = [
        caller("a", Some("red")),
        caller("b", Some("red")),
        caller("c", None),
        caller("red", None),
        caller("d", Some("c")),
    ];
    let circles = |share| {
        let policy = policy(share);
        let circles: Vec<[String; 2]> =
            all.iter().map(|it| policy.circle(it).map(str::to_owned)).collect();
        (0..all.len())
            .map(|one| circles.iter().position(|other| *other == circles[one]).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(circles(None), [0, 1, 2, 3, 4]);
    assert_eq!(circles(Some(CacheShare::Key)), [0, 1, 2, 3, 4]);
    // A key that is called as a team is, is not of it.
    assert_eq!(circles(Some(CacheShare::Team)), [0, 0, 2, 3, 4]);
    assert_eq!(circles(Some(CacheShare::All)), [0, 0, 0, 0, 0]);
}

#[test]
fn all_that_decides_an_answer_is_in_its_digest() {
    let config = |text: &str| Config::parse(text, Path::new("hotcell.toml")).unwrap();
    let base = "[gateway.models.fast]\ndeployments = [\"openai/a\"]\n";
    let print = |text: &str, name: &str, request: &ChatRequest, circle: [&str; 2]| {
        let config = config(text);
        let models = Models::new(config.gateway.as_ref().unwrap(), &[]).unwrap();
        let runner = hotcell::Runner::builder().config(config.clone()).build().unwrap();
        let providers = Providers::new(&config, &runner.providers_at_rest());
        let mut print = Print::new(&providers);
        print.circle(circle);
        print.model(name, &models.find(name).unwrap());
        print.request("chat", request).unwrap();
        print.key()
    };
    let request = ChatRequest::user("hello");
    let first = print(base, "fast", &request, ["key", "a"]);
    assert_eq!(first, print(base, "fast", &request, ["key", "a"]));
    let set_up = format!("{base}[providers.openai]\nendpoints.api = \"https://elsewhere.test\"\n");
    let moved = base.replace("openai/a", "openai/b");
    let two = base.replace("[\"openai/a\"]", "[\"openai/a\", \"groq/a\"]");
    let with = |change: &dyn Fn(&mut ChatRequest)| {
        let mut request = request.clone();
        change(&mut request);
        print(base, "fast", &request, ["key", "a"])
    };
    let native =
        |value: &str| Some(Native { dialect: "openai-chat".to_owned(), value: value.to_owned() });
    let others = [
        print(base, "fast", &request, ["key", "b"]),
        print(base, "fast", &request, ["team", "a"]),
        print(base, "fast", &request, ["ke", "ya"]),
        print(base, "openai/a", &request, ["key", "a"]),
        print(&set_up, "fast", &request, ["key", "a"]),
        print(&moved, "fast", &request, ["key", "a"]),
        print(&two, "fast", &request, ["key", "a"]),
        with(&|it| it.stream = false),
        with(&|it| it.sampling.temperature = Some(0.0)),
        with(&|it| it.sampling.temperature = Some(1.0)),
        with(&|it| it.sampling.seed = Some(1)),
        with(&|it| it.extra = native("{}")),
        with(&|it| it.extra = native("{\"user\":\"a\"}")),
        with(&|it| it.messages[0].role = Role::System),
        with(&|it| it.messages[0].name = Some("hello".to_owned())),
        with(&|it| it.messages.push(Message::user(""))),
        with(&|it| it.messages = vec![Message::user("hell"), Message::user("o")]),
    ];
    let mut keys: Vec<Key> = others.into_iter().chain([first]).collect();
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), count);
}

#[test]
fn what_asks_for_more_than_an_answer_is_not_kept() {
    let native = |value: &str| Native { dialect: "x".to_owned(), value: value.to_owned() };
    let plain = ChatRequest::user("hello");
    assert!(is_fit(&plain, Dialect::OpenAiChat));
    let with_extra = |value: &str| ChatRequest { extra: Some(native(value)), ..plain.clone() };
    for (dialect, extra, fits) in [
        (Dialect::OpenAiChat, "{}", true),
        (Dialect::OpenAiChat, r#"{"store":false,"user":"u"}"#, true),
        (Dialect::OpenAiChat, r#"{"store":true}"#, false),
        (Dialect::OpenAiChat, r#"{"web_search_options":{}}"#, false),
        (Dialect::OpenAiCompletions, r#"{"prompt":"words"}"#, true),
        // A response is stored unless the client says that it should not be.
        (Dialect::OpenAiResponses, "{}", false),
        (Dialect::OpenAiResponses, r#"{"store":null}"#, false),
        (Dialect::OpenAiResponses, r#"{"store":true}"#, false),
        (Dialect::OpenAiResponses, r#"{"store":false}"#, true),
        (Dialect::OpenAiResponses, r#"{"store":false,"previous_response_id":null}"#, true),
        (Dialect::OpenAiResponses, r#"{"store":false,"previous_response_id":"r"}"#, false),
        (Dialect::OpenAiResponses, r#"{"store":false,"conversation":"c"}"#, false),
        (Dialect::OpenAiResponses, r#"{"store":false,"background":true}"#, false),
        (Dialect::OpenAiResponses, r#"{"store":false,"background":false}"#, true),
        (Dialect::OpenAiResponses, r#"{"store":false,"prompt":{"id":"p"}}"#, false),
        (Dialect::AnthropicMessages, r#"{"container":"c"}"#, false),
        (Dialect::AnthropicMessages, r#"{"mcp_servers":[]}"#, false),
        (Dialect::AnthropicMessages, r#"{"metadata":{}}"#, true),
        (Dialect::Gemini, "{", false),
    ] {
        assert_eq!(is_fit(&with_extra(extra), dialect), fits, "{dialect:?} {extra}");
    }
    let function = FunctionTool {
        name: "f".to_owned(),
        description: None,
        parameters: None,
        strict: None,
        cache: None,
        extra: None,
    };
    let tool = |tool| ChatRequest { tools: vec![tool], ..plain.clone() };
    assert!(is_fit(&tool(Tool::Function(function)), Dialect::OpenAiChat));
    assert!(!is_fit(&tool(Tool::Native(native("{}"))), Dialect::OpenAiChat));
    let media = |source| {
        let kind = MediaKind::Image;
        let part = MediaPart { kind, mime: None, source, name: None, cache: None, extra: None };
        ChatRequest::new(vec![Message::new(Role::User, vec![Part::Media(part)])])
    };
    assert!(is_fit(&media(MediaSource::Bytes(vec![1])), Dialect::OpenAiChat));
    let address = MediaSource::Url("https://example.com/a.png".to_owned());
    assert!(!is_fit(&media(address), Dialect::OpenAiChat));
}
