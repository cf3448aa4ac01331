use crate::Manifest;

fn manifest(auth: &str) -> Result<Manifest, String> {
    let text = format!(
        "[adapter]\nname = \"a\"\nversion = \"1.0.0\"\ndialect = \"d\"\n\
         [endpoints.api]\norigin = \"https://a.example\"\nallow = [\"POST /chat\"]\n\
         auth = {auth}\n[settings.region]\ndescription = \"r\"\n\
         [secrets.id]\ndescription = \"i\"\n[secrets.key]\ndescription = \"k\"\n"
    );
    Manifest::parse(&text).map_err(|error| error.to_string())
}

const CLIENT: &str = "scheme = \"oauth2-client-credentials\", client-id = \"id\", \
    client-secret = \"key\", path = \"/oidc/v1/token\", origin = ";

#[test]
fn a_table_is_one_and_a_list_is_a_choice() {
    let one = manifest("{ scheme = \"bearer\", secret = \"key\" }").unwrap();
    assert!(!one.endpoints["api"].auth.are_several());
    let both = manifest(
        "[{ scheme = \"header\", name = \"api-key\", secret = \"key\" }, \
          { scheme = \"entra\", scope = \"https://a.example/.default\" }]",
    );
    let both = both.unwrap();
    let auth = &both.endpoints["api"].auth;
    assert_eq!(auth.named("entra").unwrap().secrets(), ["entra-client-secret"]);
    assert_eq!(auth.first().scheme(), "header");
    for manifest in [one, both] {
        let text = toml::to_string(&manifest).unwrap();
        assert_eq!(Manifest::parse(&text).unwrap(), manifest, "{text}");
    }
}

#[test]
fn every_scheme_of_an_identity_is_read() {
    for auth in [
        "{ scheme = \"google\" }",
        "{ scheme = \"google\", scopes = [\"https://www.googleapis.com/auth/x\"] }",
        "{ scheme = \"aws-sigv4\", service = \"bedrock\", region = \"{region}\" }",
        "{ scheme = \"oauth2-api-key\", origin = \"https://iam.cloud.ibm.com\", \
           path = \"/identity/token\", parameter = \"apikey\", secret = \"key\", \
           grant-type = \"urn:ibm:params:oauth:grant-type:apikey\" }",
        &format!("{{ {CLIENT} \"https://{{region}}.a.example\", scope = \"all-apis\" }}"),
        &format!("{{ {CLIENT} \"https://a.example\", client-auth = \"body\" }}"),
    ] {
        let read = manifest(auth).unwrap_or_else(|why| panic!("{auth}: {why}"));
        assert!(read.endpoints["api"].auth.first().identity().is_some(), "{auth}");
    }
}

#[test]
fn what_cannot_be_enforced_is_refused() {
    for auth in [
        "[]",
        "[{ scheme = \"google\" }, { scheme = \"google\", scopes = [\"x\"] }]",
        "{ scheme = \"google\", scopes = [] }",
        "{ scheme = \"google\", scopes = [\"\"] }",
        "{ scheme = \"entra\", scope = \"a\\nb\" }",
        "{ scheme = \"entra\" }",
        "{ scheme = \"entra\", scope = \"x\", tenant = \"y\" }",
        "{ scheme = \"aws-sigv4\", service = \"bedrock\", region = \"{zone}\" }",
        "{ scheme = \"aws-sigv4\", service = \"a/b\", region = \"{region}\" }",
        "{ scheme = \"aws-sigv4\", service = \"s3\", region = \"{region}\" }",
        "{ scheme = \"aws-sigv4\", service = \"bedrock\", region = \"a/b\" }",
        &format!("{{ {CLIENT} \"http://a.example\" }}"),
        &format!("{{ {CLIENT} \"https://a.example/x\" }}"),
        &format!("{{ {CLIENT} \"https://{{zone}}\" }}"),
        &format!("{{ {CLIENT} \"https://a\", client-auth = \"query\" }}"),
        &format!("{{ {CLIENT} \"https://a\", scope = \"\" }}"),
        "7",
    ] {
        assert!(manifest(auth).is_err(), "{auth} was accepted");
    }
}

#[test]
fn a_mistake_in_a_list_is_told_with_its_name() {
    let error = manifest("[{ scheme = \"bearer\", secert = \"key\" }]").unwrap_err();
    assert!(error.contains("secert"), "{error}");
}

#[test]
fn a_secret_of_a_scheme_is_not_declared_by_a_manifest() {
    let text = "[adapter]\nname = \"a\"\nversion = \"1.0.0\"\ndialect = \"d\"\n\
        [secrets.entra-client-secret]\ndescription = \"x\"\nenv = \"OPENAI_API_KEY\"\n";
    let error = Manifest::parse(text).unwrap_err().to_string();
    assert!(error.contains("own"), "{error}");
}
