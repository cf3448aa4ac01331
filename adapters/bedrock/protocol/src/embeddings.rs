//! Texts into vectors, by `InvokeModel`, whose bodies each maker has its own: Titan
//! (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html>),
//! Titan for text and images
//! (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-mm.html>) and
//! Cohere (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html>).

use crate::json::{List, Members, Object, elements, string};
use crate::translation::invalid;
use crate::{error, family::Family, model_path};
use hotcell_sdk::{
    EmbedRequest, EmbedResponse, Endpoint, Failure, FailureKind, Input, Native, Response, Usage,
};

/// Whether a model is one of these, whatever stands around that in its id.
fn is_of(model: &str, models: &str) -> bool {
    crate::parted(model, models).is_some()
}

/// The dialect of embedding requests: the bodies of `InvokeModel`.
const DIALECT: &str = "bedrock-invoke";
/// Texts that Cohere takes at once.
const COHERE_TEXTS: usize = 96;
/// Cohere demands to know what vectors are for; most are kept to be found.
const COHERE_TASK: &str = "search_document";

/// What a model's bodies look like.
#[derive(Clone, Copy, PartialEq)]
enum Body {
    Titan,
    TitanMultimodal,
    Cohere,
    CohereV4,
}

impl Body {
    fn of(model: &str) -> Result<Self, Failure> {
        match Family::of(model) {
            Family::Titan if is_of(model, "embed-image") => Ok(Self::TitanMultimodal),
            Family::Titan => Ok(Self::Titan),
            Family::Cohere if is_of(model, "embed-v4") => Ok(Self::CohereV4),
            Family::Cohere => Ok(Self::Cohere),
            _ => Err(Failure::unsupported(format!(
                "vectors of `{model}`: this adapter knows those of Titan and Cohere; where the id \
                 does not tell whose model it is, the setting `family` can"
            ))),
        }
    }

    /// How many texts go into one request.
    fn at_once(self) -> usize {
        match self {
            Self::Titan | Self::TitanMultimodal => 1,
            Self::Cohere | Self::CohereV4 => COHERE_TEXTS,
        }
    }
}

/// Turns texts into vectors.
///
/// # Errors
/// What the model cannot do, what egress refuses, and what the provider says.
pub fn embed(request: &EmbedRequest) -> Result<EmbedResponse, Failure> {
    let body = Body::of(&request.model)?;
    let extra = extra(request)?;
    let texts = request.inputs.iter().map(|input| match input {
        Input::Text(text) => Ok(text.as_str()),
        Input::Tokens(_) => Err(Failure::unsupported("tokens as input: these models take texts")),
    });
    let texts: Vec<&str> = texts.collect::<Result<_, _>>()?;
    let endpoint = Endpoint::named("api")?;
    let mut all = Vectors { number: Some(0), ..Vectors::default() };
    for (number, texts) in texts.chunks(body.at_once()).enumerate() {
        let out = write(body, request, texts, extra.clone())?;
        let builder = endpoint.post(model_path(&request.model, "invoke"));
        let builder = builder.header("accept", "application/json");
        let builder = builder.header("content-type", "application/json").body(out);
        let response = builder.send().map_err(|failure| too_many(failure, number, body))?;
        if response.status() >= 300 {
            return Err(error::of_response(&response, DIALECT));
        }
        all.add(body, texts.len(), &response)?;
    }
    let usage = all.number.filter(|_| !texts.is_empty()).map(|input| Usage {
        input: Some(input),
        output: None,
        cache_read: None,
        cache_write: None,
        reasoning: None,
        raw: None,
    });
    let rest = (!all.rest.is_empty()).then(|| Native {
        dialect: DIALECT.to_owned(),
        value: crate::json::object_text(&all.rest),
    });
    Ok(EmbedResponse { model: None, vectors: all.vectors, usage, extra: rest })
}

/// Egress lets a request have so many calls: a limit that is reached in the middle has to
/// be told as what it is.
fn too_many(failure: Failure, number: usize, body: Body) -> Failure {
    if failure.kind != FailureKind::Denied || number == 0 {
        return failure;
    }
    let each = body.at_once();
    Failure::new(
        FailureKind::TooLarge,
        format!(
            "the provider takes {each} of the texts in one call, and call {} was denied: ask for \
             fewer texts at once, or raise `limits.calls` ({})",
            number + 1,
            failure.message
        ),
    )
}

fn extra(request: &EmbedRequest) -> Result<Members<'_>, Failure> {
    let Some(native) = &request.extra else { return Ok(Members::default()) };
    let members = Members::any(&native.value)
        .ok_or_else(|| invalid(format!("`extra` of {} is not a JSON object", native.dialect)))?;
    if native.dialect == DIALECT {
        return Ok(members);
    }
    // There is no event that could tell of a loss here. Plain numbers are what comes.
    let lost = members.0.iter().find(|(name, value)| {
        *value != "null" && !(name == "encoding_format" && *value == "\"float\"")
    });
    if let Some((name, _)) = lost {
        let dialect = &native.dialect;
        let why = format!("`{name}` of {dialect} cannot be said in {DIALECT}");
        return Err(Failure::unsupported(why));
    }
    Ok(Members::default())
}

fn write(
    body: Body,
    request: &EmbedRequest,
    texts: &[&str],
    extra: Members<'_>,
) -> Result<Vec<u8>, Failure> {
    let own = request.extra.as_ref().is_some_and(|extra| extra.dialect == DIALECT);
    let mut out = Vec::new();
    let mut object = Object::open(&mut out, extra);
    let dimensions = request.dimensions.map(|dimensions| dimensions.to_string());
    match body {
        Body::Titan | Body::TitanMultimodal => {
            object.text("inputText", texts.first().copied().unwrap_or_default());
            match (dimensions, body) {
                (Some(_), Body::Titan) if is_of(&request.model, "embed-text-v1") && !own => {
                    return Err(Failure::unsupported(
                        "the number of dimensions: vectors of this model have always the same",
                    ));
                }
                (Some(number), Body::Titan) => object.raw("dimensions", &number),
                (Some(number), _) => {
                    object
                        .raw("embeddingConfig", &format!("{{\"outputEmbeddingLength\":{number}}}"));
                }
                (None, _) => {}
            }
            if request.task.is_some() {
                // Vectors of these models are for every task alike.
                hotcell_sdk::log(
                    hotcell_sdk::LogLevel::Warn,
                    "the task was left out: vectors of Titan have none",
                );
            }
        }
        Body::Cohere | Body::CohereV4 => {
            if let Some(out) = object.member("texts") {
                let mut list = List::open(out);
                texts.iter().for_each(|text| string(list.element(), text));
                list.close();
            }
            match &request.task {
                Some(task) => object.text("input_type", task),
                None if own => {}
                None => object.text("input_type", COHERE_TASK),
            }
            match dimensions {
                Some(_) if body == Body::Cohere && !own => {
                    return Err(Failure::unsupported(
                        "the number of dimensions: vectors of this model have always the same",
                    ));
                }
                Some(number) => object.raw("output_dimension", &number),
                None => {}
            }
        }
    }
    object.close();
    Ok(out)
}

/// What has come so far.
#[derive(Default)]
struct Vectors {
    vectors: Vec<Vec<f32>>,
    /// Tokens; none as soon as one answer does not tell.
    number: Option<u64>,
    /// The members of the last answer that nobody models.
    rest: Vec<(String, String)>,
}

impl Vectors {
    fn add(&mut self, body: Body, texts: usize, response: &Response) -> Result<(), Failure> {
        let text = response.text()?;
        let mut answer = Members::of(&text, "the answer")?;
        let lacks = || Failure::malformed("the answer has no vectors");
        let lists = match body {
            Body::Titan | Body::TitanMultimodal => {
                // Numbers of single bits are asked for by a client that wants them.
                vec![answer.take("embedding").ok_or_else(lacks)?]
            }
            Body::Cohere | Body::CohereV4 => {
                let found = answer.take("embeddings").ok_or_else(lacks)?;
                let by_type = Members::any(found).and_then(|types| types.get("float"));
                elements(by_type.unwrap_or(found)).ok_or_else(lacks)?
            }
        };
        if lists.len() != texts {
            let counts = format!("{} vectors came for {texts} inputs", lists.len());
            return Err(Failure::malformed(counts));
        }
        for list in lists {
            self.vectors.push(vector(list)?);
        }
        let counted = response.header("x-amzn-bedrock-input-token-count");
        let counted = counted.and_then(|count| count.trim().parse::<u64>().ok());
        let counted = answer.count("inputTextTokenCount").or(counted);
        self.number = self.number.zip(counted).map(|(sum, more)| sum.saturating_add(more));
        // The vectors once more, and the texts that the caller has.
        let known = ["embeddingsByType", "inputTextTokenCount", "texts"];
        self.rest = answer.told();
        self.rest.retain(|(name, _)| !known.contains(&name.as_str()));
        Ok(())
    }
}

fn vector(raw: &str) -> Result<Vec<f32>, Failure> {
    let vector: Vec<f32> = serde_json::from_str(raw)
        .map_err(|error| Failure::malformed(format!("a vector: {error}")))?;
    match vector.iter().all(|number| number.is_finite()) {
        true => Ok(vector),
        false => Err(Failure::malformed("a vector holds what is no number")),
    }
}
