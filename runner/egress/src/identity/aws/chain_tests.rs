//! Each link of the chain, and what breaks it.

use super::*;

const CONFIG: &str = "
[default]
region = eu-west-1
[profile keys]
aws_access_key_id = AKIDKEYS
aws_secret_access_key = hunter22hunter22
[profile role]
role_arn = arn:aws:iam::1:role/dev
source_profile = keys
external_id = x
duration_seconds = 900
role_session_name = me
[profile roles]
role_arn = arn:aws:iam::1:role/other
source_profile = role
[profile self]
role_arn = arn:aws:iam::1:role/self
source_profile = self
aws_access_key_id = AKIDSELF
aws_secret_access_key = hunter22hunter22
[profile circle]
role_arn = arn:aws:iam::1:role/a
source_profile = circle2
[profile circle2]
role_arn = arn:aws:iam::1:role/b
source_profile = circle
[profile env]
role_arn = arn:aws:iam::1:role/env
credential_source = Environment
[profile ec2]
role_arn = arn:aws:iam::1:role/ec2
credential_source = Ec2InstanceMetadata
[profile web]
role_arn = arn:aws:iam::1:role/web
web_identity_token_file = ~/token
[profile program]
credential_process = /bin/program --with hunter22
[profile sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = dev
[profile sso-old]
sso_region = us-east-1
sso_start_url = https://corp.awsapps.com/start
sso_account_id = 123456789012
sso_role_name = dev
[sso-session corp]
sso_region = eu-central-1
sso_start_url = https://corp.awsapps.com/start
[profile half]
aws_access_key_id = AKIDHALF
[profile mfa]
role_arn = arn:aws:iam::1:role/mfa
source_profile = keys
mfa_serial = arn:aws:iam::1:mfa/me
[profile both]
role_arn = arn:aws:iam::1:role/both
source_profile = keys
credential_source = Environment
[profile neither]
role_arn = arn:aws:iam::1:role/neither
[profile lost]
role_arn = arn:aws:iam::1:role/lost
source_profile = nowhere
[profile long]
role_arn = arn:aws:iam::1:role/long
source_profile = keys
duration_seconds = 1
[profile elsewhere]
role_arn = arn:aws:iam::1:role/x
source_profile = keys
region = evil.example/
[profile no-role]
web_identity_token_file = /token
[profile two-sessions]
sso_session = corp
sso_start_url = https://other.awsapps.com/start
sso_account_id = 1
sso_role_name = r
[profile no-session]
sso_session = nowhere
sso_account_id = 1
sso_role_name = r
[profile login]
login_session = arn:aws:iam::1:user/me
";

/// What is planned, in short.
fn planned(choice: &Source, variables: &[(&str, &str)], own: bool) -> Result<String, String> {
    let read = |path: &Path| match path.to_str().unwrap() {
        "/home/me/.aws/config" => Ok(Some(Secret::from(CONFIG.to_owned()))),
        "/broken" => Ok(Some(Secret::from("[a]\nhunter22".to_owned()))),
        "/forbidden" => Err("/forbidden cannot be read: no".to_owned()),
        _ => Ok(None),
    };
    let surroundings = Surroundings::of(variables, "/home/me");
    let own = own.then(|| {
        let secret = |text: &str| Some(Secret::from(text.to_owned()));
        Keys::new(secret("AKIDOWN"), secret("hunter22hunter22"), None, None).unwrap()
    });
    plan(choice, own, "us-west-2", &surroundings, &read).map(|source| shown(&source))
}

fn shown(source: &Way) -> String {
    match source {
        Way::Keys(keys) => keys.id.expose_secret().to_owned(),
        Way::Role { role, by } => {
            format!("{} in {} by {}", role.arn, role.region, shown(by))
        }
        Way::WebIdentity { role, token } => {
            format!("{} in {} by {}", role.arn, role.region, token.display())
        }
        Way::Program { profile, .. } => format!("program of {profile}"),
        Way::Sso(session) => format!("{} by {}", session.host, session.cache.display()),
        Way::Container(container) => format!("{:?}{}", container.at, container.path),
        Way::Instance(instance) => instance.address.to_string(),
    }
}

const WEB: [(&str, &str); 2] =
    [("AWS_WEB_IDENTITY_TOKEN_FILE", "/token"), ("AWS_ROLE_ARN", "arn:aws:iam::1:role/pod")];
const CONTAINER: (&str, &str) = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x");
const NO_INSTANCE: (&str, &str) = ("AWS_EC2_METADATA_DISABLED", "true");

#[test]
fn the_first_that_is_there_is_used() {
    let chain = |variables: &[(&str, &str)], own| planned(&Source::Chain, variables, own).unwrap();
    let all = [WEB[0], WEB[1], ("AWS_PROFILE", "keys"), CONTAINER];
    assert_eq!(chain(&all, true), "AKIDOWN");
    let env = [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "hunter22hunter22")];
    assert_eq!(chain(&[&all[..], &env].concat(), false), "AKIDENV");
    assert_eq!(chain(&all, false), "arn:aws:iam::1:role/pod in us-west-2 by /token");
    assert_eq!(chain(&all[2..], false), "AKIDKEYS");
    // The default profile has a region and no keys.
    let ecs = "Address(169.254.170.2:80)/v2/x";
    assert_eq!(chain(&all[3..], false), ecs);
    assert_eq!(chain(&[], false), "169.254.169.254:80");
    let error = planned(&Source::Chain, &[NO_INSTANCE], false).unwrap_err();
    assert!(error.contains("aws configure"), "{error}");
}

#[test]
fn what_is_there_and_does_not_work_is_not_passed_over() {
    for variables in [
        &[("AWS_PROFILE", "nowhere"), CONTAINER][..],
        &[("AWS_PROFILE", "default"), CONTAINER],
        &[("AWS_PROFILE", "half"), CONTAINER],
        &[WEB[0], CONTAINER],
        &[("AWS_ACCESS_KEY_ID", "AKIDENV"), CONTAINER],
        &[("AWS_SECRET_ACCESS_KEY", "hunter22"), CONTAINER],
        &[("AWS_CONFIG_FILE", "/broken"), CONTAINER],
        &[("AWS_CONFIG_FILE", "/forbidden"), CONTAINER],
        &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://evil.example/")],
    ] {
        let error = planned(&Source::Chain, variables, false).unwrap_err();
        assert!(!error.contains("hunter22"), "{error}");
    }
    let error = planned(&Source::Chain, &[("AWS_CONFIG_FILE", "/broken")], false).unwrap_err();
    assert_eq!(error, "/broken, line 2: it is neither a section nor `key = value`");
}

#[test]
fn what_is_chosen_is_used_and_nothing_else() {
    let table = [
        (Source::WebIdentity, &WEB[..], "arn:aws:iam::1:role/pod in us-west-2 by /token"),
        (Source::Container, &[CONTAINER], "Address(169.254.170.2:80)/v2/x"),
        (Source::Instance, &[CONTAINER], "169.254.169.254:80"),
    ];
    for (choice, variables, expected) in table {
        assert_eq!(planned(&choice, variables, true).unwrap(), expected);
        assert!(planned(&choice, &[NO_INSTANCE], true).is_err(), "{choice:?}");
    }
}

#[test]
fn profiles_lead_to_what_they_name() {
    let env = [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "hunter22hunter22")];
    let profile = |name: &str| planned(&Source::Profile(name.to_owned()), &env, true).unwrap();
    for (name, expected) in [
        ("keys", "AKIDKEYS"),
        ("role", "arn:aws:iam::1:role/dev in us-west-2 by AKIDKEYS"),
        (
            "roles",
            "arn:aws:iam::1:role/other in us-west-2 by arn:aws:iam::1:role/dev in us-west-2 by \
             AKIDKEYS",
        ),
        ("self", "arn:aws:iam::1:role/self in us-west-2 by AKIDSELF"),
        ("env", "arn:aws:iam::1:role/env in us-west-2 by AKIDENV"),
        ("ec2", "arn:aws:iam::1:role/ec2 in us-west-2 by 169.254.169.254:80"),
        ("web", "arn:aws:iam::1:role/web in us-west-2 by /home/me/token"),
        ("program", "program of program"),
        (
            "sso",
            "portal.sso.eu-central-1.amazonaws.com by \
             /home/me/.aws/sso/cache/8a3a97ae9b6f3d3f3a2c6b6d0d2b7a7c.json",
        ),
        (
            "sso-old",
            "portal.sso.us-east-1.amazonaws.com by \
             /home/me/.aws/sso/cache/8a3a97ae9b6f3d3f3a2c6b6d0d2b7a7c.json",
        ),
    ] {
        let found = profile(name);
        let cut = |text: &str| text.split("/cache/").next().unwrap().to_owned();
        assert_eq!(cut(&found), cut(expected), "{name}");
    }
    assert_ne!(profile("sso"), profile("sso-old"));
}

#[test]
fn a_profile_that_leads_nowhere_says_why() {
    for (name, expected) in [
        ("nowhere", "there is no profile `nowhere` in AWS's files"),
        ("default", "the profile `default` has nothing that gives a key"),
        ("circle", "the profiles circle, circle2 lead in a circle"),
        ("half", "half a key"),
        ("mfa", "second factor"),
        ("both", "both `source_profile` and `credential_source`"),
        ("neither", "needs `source_profile` or `credential_source`"),
        ("lost", "`source_profile = nowhere`, which is not there"),
        ("long", "900 to 43200"),
        ("elsewhere", "its region is none of AWS"),
        ("no-role", "`web_identity_token_file` needs `role_arn`"),
        ("two-sessions", "`sso_start_url` is not that of `[sso-session corp]`"),
        ("no-session", "there is no `[sso-session nowhere]`"),
        ("env", "`credential_source = Environment` has no keys here"),
        ("login", "aws configure export-credentials --profile login"),
    ] {
        let choice = Source::Profile(name.to_owned());
        let error = planned(&choice, &[], false).unwrap_err();
        assert!(error.contains(expected), "{name}: {error}");
    }
}

#[test]
fn the_region_is_that_of_the_variables_or_of_the_profile() {
    let found = |choice: &Source, variables: &[(&str, &str)]| {
        let read = |_: &Path| {
            Ok(Some(Secret::from(
                "[default]\nregion = eu-west-1\n[profile a]\nregion = eu-west-2\n[profile b]\n"
                    .to_owned(),
            )))
        };
        let mut variables = variables.to_vec();
        variables.push(("AWS_SHARED_CREDENTIALS_FILE", "/none"));
        let surroundings = Surroundings::of(&variables, "/home/me");
        let read = |path: &Path| if path.starts_with("/none") { Ok(None) } else { read(path) };
        region(choice, &surroundings, &read).unwrap()
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        found(&Source::Chain, &[("AWS_REGION", "x"), ("AWS_DEFAULT_REGION", "y")]),
        some("x")
    );
    assert_eq!(found(&Source::Chain, &[("AWS_DEFAULT_REGION", "y")]), some("y"));
    assert_eq!(found(&Source::Chain, &[]), some("eu-west-1"));
    assert_eq!(found(&Source::Chain, &[("AWS_PROFILE", "a")]), some("eu-west-2"));
    let both = [("AWS_PROFILE", "a"), ("AWS_DEFAULT_PROFILE", "default")];
    assert_eq!(found(&Source::Chain, &both), some("eu-west-2"));
    assert_eq!(found(&Source::Chain, &[("AWS_DEFAULT_PROFILE", "a")]), some("eu-west-2"));
    let profile = |name: &str| Source::Profile(name.to_owned());
    assert_eq!(found(&profile("a"), &[("AWS_REGION", "x")]), some("eu-west-2"));
    assert_eq!(found(&profile("b"), &[("AWS_REGION", "x")]), some("x"));
    assert_eq!(found(&profile("b"), &[]), None);
}
