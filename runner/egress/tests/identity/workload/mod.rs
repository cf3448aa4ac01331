//! Google's workload identity: somebody else's token, from AWS, a program or a login.

mod aws;
mod person;
mod program;

use crate::world::{Seen, Setting, reply, token};
use hotcell_manifest::Auth;
use serde_json::{Value, json};
use std::path::Path;

const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
const AUDIENCE: &str =
    "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q";
const ID: &str = "ASIATEMPORARY0123456";
const SECRET: &str = "temporarysecret/0123456789abcdefghij+KEY";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLE//hunter22+==";

type Variables = &'static [(&'static str, &'static str)];

fn setting(identity: &'static str, file: &Value, variables: Variables) -> Setting<'static> {
    let auth = Auth::Google { scopes: vec![SCOPE.to_owned()] };
    let (identity, file) = (Some(identity), file.to_string());
    Setting { auth, identity, file, secrets: &[], variables, is_named: true }
}

fn external(source: Value) -> Value {
    json!({
        "type": "external_account",
        "audience": AUDIENCE,
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "{URL}/v1/token",
        "credential_source": source,
    })
}

/// An instance, Google's exchange and a service account behind one port.
fn instance(seen: &Seen) -> String {
    const SERVICE: &str = "/latest/meta-data/iam/security-credentials/";
    let path = seen.line.split(' ').nth(1).unwrap();
    match path {
        "/latest/api/token" => return reply(200, "imds-hunter22"),
        "/latest/meta-data/placement/region" => return reply(200, "us-east-2"),
        SERVICE => return reply(200, "my-role"),
        "/v1/token" => return token("federated-token-of-the-tests"),
        _ => {}
    }
    if path == format!("{SERVICE}my-role") {
        let keys = json!({
            "Code": "Success", "AccessKeyId": ID, "SecretAccessKey": SECRET, "Token": TOKEN,
            "Expiration": "2030-01-01T00:00:00Z",
        });
        return reply(200, &keys.to_string());
    }
    match path.ends_with(":generateAccessToken") {
        true => {
            let token = json!({
                "accessToken": "token-of-the-account", "expireTime": "2026-09-21T15:00:00Z",
            });
            reply(200, &token.to_string())
        }
        false => reply(200, "ok"),
    }
}

fn written(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}
