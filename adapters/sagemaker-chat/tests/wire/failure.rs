//! What SageMaker and the container say when they do not answer.

use crate::provider::{openai, request};
use hotcell_adapter_sagemaker_chat::SageMaker;
use hotcell_sdk::{Failure, FailureKind};
use serde_json::{Value, json};

fn refusal(status: u16, kind: Option<&str>, body: &str) -> Failure {
    let mut script = openai();
    script.answer(status, "application/json", body).header("x-amzn-requestid", "r-1");
    if let Some(kind) = kind {
        script.header("x-amzn-errortype", kind);
    }
    script.chat_at_every_cut::<SageMaker>(&request(true)).failure.unwrap()
}

fn model_error(status: u16, said: &str) -> String {
    json!({ "ErrorCode": "CLIENT_ERROR_FROM_MODEL", "LogStreamArn": "arn:aws:logs:x",
        "Message": format!("Received client error ({status}) from primary with message \"…\"."),
        "OriginalMessage": said, "OriginalStatusCode": status })
    .to_string()
}

#[test]
fn an_error_of_the_container_is_the_one_to_tell() {
    let openai = json!({ "error": { "message": "maximum context length is 4096 tokens",
        "type": "BadRequestError", "param": "messages", "code": 400 } });
    let failure = refusal(424, None, &model_error(400, &openai.to_string()));
    assert_eq!(failure.kind, FailureKind::TooLarge);
    assert_eq!((failure.status, failure.param.as_deref()), (Some(424), Some("messages")));
    assert_eq!(failure.message, "maximum context length is 4096 tokens");
    assert_eq!(failure.request_id.as_deref(), Some("r-1"));
    let raw: Value = serde_json::from_str(&failure.raw.unwrap().value).unwrap();
    assert_eq!(raw["OriginalStatusCode"], 400);

    let tgi = json!({ "error": "Input validation error: `inputs` must have less than 1024 tokens",
        "error_type": "validation" });
    let failure = refusal(424, None, &model_error(422, &tgi.to_string()));
    assert_eq!(failure.kind, FailureKind::InvalidRequest);
    assert!(failure.message.starts_with("Input validation error"));

    let table = [
        (503, "Service Unavailable", FailureKind::Overloaded),
        (429, "{\"error\":\"busy\"}", FailureKind::RateLimited),
        (500, "Internal Server Error", FailureKind::ProviderError),
        (404, "{\"detail\":\"Not Found\"}", FailureKind::NotFound),
        (504, "", FailureKind::TimedOut),
    ];
    for (status, said, kind) in table {
        let failure = refusal(424, Some("ModelError"), &model_error(status, said));
        assert_eq!(failure.kind, kind, "{status}");
        assert!(!failure.message.is_empty());
    }
}

#[test]
fn an_error_of_the_service_is_known_by_its_type() {
    let table = [
        (400, "ValidationError", "Endpoint x of account 1 not found.", FailureKind::NotFound),
        (400, "ValidationError", "Body is too long.", FailureKind::InvalidRequest),
        (400, "ThrottlingException", "Rate exceeded", FailureKind::RateLimited),
        (403, "AccessDeniedException", "is not authorized to perform", FailureKind::Permission),
        (403, "ExpiredTokenException", "The token is expired", FailureKind::Authentication),
        (403, "InvalidSignatureException", "The signature differs", FailureKind::Authentication),
        (403, "UnrecognizedClientException", "The token is invalid", FailureKind::Authentication),
        (429, "ModelNotReadyException", "The model is being loaded", FailureKind::Overloaded),
        (500, "InternalFailure", "oh", FailureKind::ProviderError),
        (503, "ServiceUnavailable", "oh", FailureKind::Overloaded),
        (530, "InternalDependencyException", "oh", FailureKind::ProviderError),
    ];
    for (status, kind, message, expected) in table {
        let long = format!("{kind}:http://internal.amazon.com/coral/com.amazonaws/");
        let qualified = json!({ "__type": format!("com.amazonaws.sagemaker#{kind}"),
            "message": message });
        for failure in [
            refusal(status, Some(kind), &json!({ "Message": message }).to_string()),
            refusal(status, Some(&long), &json!({ "message": message }).to_string()),
            refusal(status, None, &qualified.to_string()),
        ] {
            assert_eq!((failure.kind, failure.status), (expected, Some(status)), "{kind}");
            assert_eq!((failure.code.as_deref(), failure.message.as_str()), (Some(kind), message));
        }
    }
}

#[test]
fn a_component_that_is_not_named_is_asked_for() {
    let body = json!({ "Message": "Inference Component Name header is required for endpoints to \
        which you plan to deploy inference components." });
    let failure = refusal(400, Some("ValidationError"), &body.to_string());
    assert_eq!(failure.kind, FailureKind::InvalidRequest);
    assert!(failure.message.ends_with("Name it with the setting `inference-component`."));
}

#[test]
fn what_is_no_json_is_told_or_passed_over() {
    assert_eq!(refusal(502, None, "Bad Gateway").message, "Bad Gateway");
    let page = refusal(503, None, "<html>busy</html>");
    assert_eq!(page.message, "the provider answered with status 503");
    assert_eq!((page.kind, page.raw), (FailureKind::Overloaded, None));
}
