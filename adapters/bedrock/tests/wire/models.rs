//! Foundation models and inference profiles.

use crate::provider::provider;
use hotcell_adapter_bedrock::Bedrock;
use hotcell_sdk::{FailureKind, Models};
use serde_json::json;

#[test]
fn models_and_profiles_are_listed_all_pages_of_them() {
    let mut script = provider();
    let model = json!({ "modelId": "amazon.nova-lite-v1:0", "modelName": "Nova Lite",
        "providerName": "Amazon", "modelArn": "arn:x" });
    let system = json!({ "inferenceProfileId": "us.a", "inferenceProfileName": "US A",
        "type": "SYSTEM_DEFINED", "inferenceProfileArn": "arn:y" });
    let own = json!({ "inferenceProfileId": "b1", "type": "APPLICATION",
        "inferenceProfileArn": "arn:aws:bedrock:r:1:application-inference-profile/b1" });
    let page = |list: &serde_json::Value| json!({ "inferenceProfileSummaries": [list] });
    let mut first = page(&system);
    first["nextToken"] = json!("a/b");
    for body in [json!({ "modelSummaries": [model] }), first, page(&own)] {
        script.answer(200, "application/json", body.to_string());
    }
    let (models, sent) = script.call(Bedrock::list_models);
    let models = models.unwrap();
    let ids: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
    let arn = "arn:aws:bedrock:r:1:application-inference-profile/b1";
    assert_eq!(ids, ["amazon.nova-lite-v1:0", "us.a", arn]);
    assert_eq!(models[0].owned_by.as_deref(), Some("Amazon"));
    assert_eq!(models[0].raw.as_deref(), Some(&*model.to_string()));
    let paths: Vec<&str> = sent.iter().map(|sent| sent.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/foundation-models",
            "/inference-profiles?maxResults=1000",
            "/inference-profiles?maxResults=1000&nextToken=a%2Fb",
        ]
    );
    assert!(sent.iter().all(|sent| sent.endpoint == "control"));
}

#[test]
fn a_list_that_is_none_or_never_ends_is_malformed() {
    let models = json!({ "modelSummaries": [] }).to_string();
    let page = json!({ "inferenceProfileSummaries": [], "nextToken": "x" }).to_string();
    for answers in [
        vec!["{}"],
        vec![r#"{"modelSummaries":[{}]}"#],
        vec![&models, "{}"],
        vec![&models, &page, &page],
    ] {
        let mut script = provider();
        answers.iter().for_each(|answer| {
            script.answer(200, "application/json", *answer);
        });
        let failure = script.models::<Bedrock>().unwrap_err();
        assert_eq!(failure.kind, FailureKind::MalformedResponse);
    }
    let mut script = provider();
    script
        .answer(403, "application/json", r#"{"Message":"no"}"#)
        .header("x-amzn-errortype", "AccessDeniedException");
    assert_eq!(script.models::<Bedrock>().unwrap_err().kind, FailureKind::Permission);
}
