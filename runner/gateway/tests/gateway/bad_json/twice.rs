//! What is said more than once counts once, and for everybody alike.

use super::{post, post_as};
use crate::bed::Bed;
use crate::upstream::{Upstream, respond, say};

/// Of several members with one name the last counts, for the gateway and for whoever it
/// asks: a provider is never told of two.
#[tokio::test]
async fn a_member_that_comes_twice_counts_once_and_for_all() {
    let upstream = Upstream::new().await;
    upstream.script("*", [say("fine")]);
    let more = upstream.provider("up")
        + "[gateway]\nonly-models = true\n\
        [gateway.models.allowed]\ndeployments = [\"up/cheap\"]\n";
    let bed = Bed::new(&more).await;
    let messages = r#""max_tokens":9,"messages":[{"role":"user","content":"hi"}]"#;
    for path in ["/v1/chat/completions", "/v1/messages"] {
        for (name, body, expected) in [
            (
                "the last one is allowed",
                format!(r#"{{"model":"dear","model":"allowed",{messages}}}"#),
                200,
            ),
            (
                "the last one is not",
                format!(r#"{{"model":"allowed",{messages},"model":"dear"}}"#),
                404,
            ),
            (
                "by another spelling",
                format!(r#"{{"model":"allowed",{messages},"mod\u0065l":"dear"}}"#),
                404,
            ),
            ("in capitals", format!(r#"{{"model":"allowed",{messages},"Model":"dear"}}"#), 200),
            ("as nothing", format!(r#"{{"model":"allowed",{messages},"model":null}}"#), 400),
            (
                "a stream and none",
                format!(r#"{{"model":"allowed",{messages},"stream":true,"stream":false}}"#),
                200,
            ),
        ] {
            let answer = post(&bed, path, body).await;
            assert_eq!(answer.status, expected, "{path}, {name}: {}", answer.text());
        }
    }
    for asked in upstream.asked() {
        let text = asked.text();
        assert_eq!(asked.model, "cheap", "{text}");
        assert_eq!(text.matches("\"model\"").count(), 1, "{text}");
        assert!(
            text.matches("\"stream\"").count() <= 1 && !text.contains("\"stream\":true"),
            "{text}"
        );
    }
}

/// The same where the provider speaks the client's own dialect, whose members go through.
#[tokio::test]
async fn members_of_a_clients_own_cannot_take_the_place_of_what_was_decided() {
    let upstream = Upstream::new().await;
    upstream.script("*", [vec![respond(200, "content-type: application/json\r\n", b"{}")]]);
    let more = upstream.provider("up")
        + &upstream.provider_of("claude", "anthropic")
        + "[gateway]\nonly-models = true\n[gateway.models.o]\ndeployments = [\"up/cheap\"]\nretries = 0\n\
           [gateway.models.a]\ndeployments = [\"claude/cheap\"]\nretries = 0\n";
    let bed = Bed::new(&more).await;
    for (path, model) in [
        ("/v1/chat/completions", "o"),
        ("/v1/messages", "a"),
        ("/v1/chat/completions", "a"),
        ("/v1/messages", "o"),
    ] {
        for more in [
            r#""__proto__":{"model":"dear","stream":true}"#,
            r#""constructor":{"prototype":{"model":"dear"}}"#,
            r#""extra_body":{"model":"dear","stream":true}"#,
            r#""extra":{"model":"dear"}"#,
            r#""":{"model":"dear"}"#,
            r#""mod\u0065l":"MODEL","stream":true,"stream":false"#,
            r#""stream":false,"model":"MODEL""#,
        ] {
            let more = more.replace("MODEL", model);
            let body = format!(
                r#"{{"model":"{model}",{more},"max_tokens":9,"messages":[{{"role":"user","content":"hi"}}]}}"#
            );
            post(&bed, path, body).await;
        }
    }
    let asked = upstream.asked();
    assert!(asked.len() >= 7, "{}", asked.len());
    for asked in asked {
        let text = asked.text();
        let at_top = Top::of(&text);
        assert_eq!(at_top.count("model"), 1, "{text}");
        assert!(at_top.count("stream") <= 1, "{text}");
        let json = asked.json();
        assert_eq!(json["model"], "cheap", "{text}");
        assert_ne!(json["stream"], true, "{text}");
    }
}

/// The names of the outermost object, each as often as it is there.
struct Top(Vec<String>);

impl Top {
    fn of(text: &str) -> Self {
        struct Names;
        impl<'de> serde::de::Visitor<'de> for Names {
            type Value = Top;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Top, A::Error> {
                let mut names = Vec::new();
                while let Some((name, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                    names.push(name);
                }
                Ok(Top(names))
            }
        }
        let mut reader = serde_json::Deserializer::from_str(text);
        serde::Deserializer::deserialize_map(&mut reader, Names).expect("an object")
    }

    fn count(&self, name: &str) -> usize {
        self.0.iter().filter(|known| *known == name).count()
    }
}

/// Google's clients name the model in the path; one in the body is none.
#[tokio::test]
async fn a_model_of_the_path_is_the_only_one() {
    let upstream = Upstream::new().await;
    upstream.script("*", [vec![respond(200, "content-type: application/json\r\n", b"{}")]]);
    let more = upstream.provider("up")
        + &upstream.provider_of("google", "gemini")
        + "[gateway]\nonly-models = true\n[gateway.models.o]\ndeployments = [\"up/cheap\"]\nretries = 0\n\
           [gateway.models.g]\ndeployments = [\"google/cheap\"]\nretries = 0\n";
    let bed = Bed::new(&more).await;
    for (path, model) in [
        ("/v1beta/models/@:generateContent", "g"),
        ("/v1beta/models/@:generateContent", "o"),
        ("/openai/deployments/@/chat/completions", "o"),
        ("/openai/deployments/@/chat/completions", "g"),
    ] {
        let body = r#"{"model":"models/dear","contents":[{"role":"user","parts":[{"text":"hi"}]}],"messages":[{"role":"user","content":"hi"}]}"#;
        post(&bed, &path.replace('@', model), body).await;
    }
    let asked = upstream.asked();
    assert_eq!(asked.len(), 4);
    for asked in asked {
        let text = asked.text();
        assert!(!text.contains("dear"), "{}\n{text}", asked.head);
        assert!(
            asked.head.contains("models/cheap:") || text.contains("\"model\":\"cheap\""),
            "{}\n{text}",
            asked.head
        );
    }
}

#[tokio::test]
async fn a_field_that_comes_twice_counts_once_and_for_all() {
    let upstream = Upstream::new().await;
    upstream.script("*", [vec![respond(200, "content-type: application/json\r\n", b"{}")]]);
    let more = upstream.provider_of("media", "openai-media")
        + "[gateway]\nonly-models = true\n[gateway.models.allowed]\ndeployments = [\"media/cheap\"]\nretries = 0\n";
    let bed = Bed::new(&more).await;
    let field = |name: &str, more: &str, value: &str| {
        format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"{more}\r\n\r\n{value}\r\n")
    };
    let file = field("file", "; filename=\"a.wav\"", "RIFF");
    let end = "--b--\r\n";
    for (models, is_there) in [(["allowed", "dear"], false), (["dear", "allowed"], true)] {
        let body = models.map(|model| field("model", "", model)).join("") + &file + end;
        let kind = Some("multipart/form-data; boundary=b");
        let answer = post_as(&bed, "/v1/audio/transcriptions", kind, body).await;
        assert_eq!(answer.status == 404, !is_there, "{models:?}: {}", answer.text());
    }
    let asked = upstream.asked();
    assert_eq!(asked.len(), 1);
    let text = asked[0].text();
    assert!(text.contains("cheap") && !text.contains("dear"), "{text}");
    assert_eq!(text.matches("name=\"model\"").count(), 1, "{text}");
}
