//! A program that prints somebody else's token. It is run where the configuration says so, and
//! never because a file names it.
//!
//! <https://google.aip.dev/auth/4117>

use super::subject::Pool;
use crate::credential::{Secret, SecretError, SecretSource};
use crate::error::EgressError;
use crate::identity::errand::Errand;
use crate::identity::{Needs, failed};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Whether a program that a file names may be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Programs {
    Run,
    Refuse,
}

/// `executable`. How long it may take is not the file's to say: a secret's command has half a
/// minute, which is what Google's own libraries give it.
#[derive(Deserialize)]
pub(super) struct Program {
    command: String,
    /// Where it keeps what it printed last.
    output_file: Option<PathBuf>,
}

/// What it prints, and keeps.
#[derive(Deserialize)]
struct Printed {
    version: u64,
    success: bool,
    token_type: Option<String>,
    id_token: Option<Secret>,
    saml_response: Option<Secret>,
    /// Seconds since 1970.
    expiration_time: Option<u64>,
}

impl Program {
    pub(super) fn needs(&self, pool: &Pool<'_>, programs: Programs, needs: &mut Needs) {
        if programs == Programs::Run
            && let Ok(line) = self.line(pool)
        {
            needs.run.push(line);
            needs.keep.extend(self.output_file.clone());
        }
    }

    /// The token: as it was kept, while it is good, or else printed.
    pub(super) async fn token(
        &self,
        pool: &Pool<'_>,
        programs: Programs,
        errand: &Errand<'_>,
    ) -> Result<Secret, EgressError> {
        if programs == Programs::Refuse {
            return Err(failed(
                "it has a token printed by a program, and nobody said that it may be run; if it \
                 is to be, write `identity = \"google-program:PATH\"` for this file",
            ));
        }
        let source = SecretSource::Command(self.line(pool)?);
        let now = errand.now();
        let is_good = |printed: &Printed| printed.end().is_none_or(|end| end > now);
        let kept = match &self.output_file {
            Some(file) => errand.file_if_there(file)?.and_then(|text| Printed::read(&text).ok()),
            None => None,
        };
        // What was kept without an end is of no known age.
        let kept = kept.filter(|kept| kept.success && kept.end().is_some() && is_good(kept));
        let ahead = || {
            let text = errand.ahead(&source)?.ok()?;
            Printed::read(&text).ok().filter(is_good)
        };
        if let Some(printed) = kept.or_else(ahead) {
            return printed.token();
        }
        let text = match errand.run(source).await {
            Ok(text) => text,
            // It may have written the file instead.
            Err(SecretError::Absent { .. }) => match &self.output_file {
                Some(file) => errand.file(file)?,
                None => return Err(failed("its program prints nothing")),
            },
            Err(SecretError::Unreadable { why, .. }) => {
                return Err(failed(format!("its program cannot be used: {why}")));
            }
        };
        let printed = Printed::read(&text)?;
        match is_good(&printed) {
            true => printed.token(),
            false => Err(failed("its program prints a token that has expired")),
        }
    }

    /// What a shell is given: the words of the command, each in quotation marks, so that the
    /// file has a program started with these and nothing else.
    fn line(&self, pool: &Pool<'_>) -> Result<String, EgressError> {
        let words = words(&self.command)
            .filter(|words| !words.is_empty())
            .ok_or_else(|| failed("the `command` of its program is none"))?;
        let file = self.output_file.as_ref().map(|file| file.display().to_string());
        let variables = [
            ("AUDIENCE", Some(pool.audience)),
            ("TOKEN_TYPE", Some(pool.token_type)),
            ("ID", Some(pool.account.unwrap_or_default())),
            ("IMPERSONATED_EMAIL", pool.account),
            ("OUTPUT_FILE", file.as_deref()),
            ("INTERACTIVE", Some("0")),
            ("REVOKE", Some("0")),
        ];
        let mut line = "export".to_owned();
        for (name, value) in variables {
            if let Some(value) = value {
                line.push_str(&format!(" GOOGLE_EXTERNAL_ACCOUNT_{name}={}", quoted(value)));
            }
        }
        line.push_str("; exec");
        for word in words {
            line.push(' ');
            line.push_str(&quoted(&word));
        }
        match line.contains('\0') {
            true => Err(failed("the `command` of its program is none")),
            false => Ok(line),
        }
    }
}

impl Printed {
    fn read(text: &Secret) -> Result<Self, EgressError> {
        let printed: Option<Self> = serde_json::from_str(text.expose_secret()).ok();
        let printed = printed.filter(|printed| printed.version <= 1);
        printed.ok_or_else(|| failed("its program prints something that is no token"))
    }

    fn end(&self) -> Option<SystemTime> {
        self.expiration_time.and_then(|end| UNIX_EPOCH.checked_add(Duration::from_secs(end)))
    }

    /// The token of a success. What the program says of a failure is its own business.
    fn token(self) -> Result<Secret, EgressError> {
        if !self.success {
            return Err(failed("its program says that it has no token"));
        }
        let token = match self.token_type.as_deref() {
            Some(
                "urn:ietf:params:oauth:token-type:jwt"
                | "urn:ietf:params:oauth:token-type:id_token",
            ) => self.id_token,
            Some("urn:ietf:params:oauth:token-type:saml2") => self.saml_response,
            _ => return Err(failed("its program prints a token of a type that is not known")),
        };
        let token = token.filter(|token| !token.expose_secret().is_empty());
        token.ok_or_else(|| failed("its program prints a success without a token"))
    }
}

/// The words of a command, as a shell would split it, and nothing else that a shell would do.
fn words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = command.chars();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match rest.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match rest.next()? {
                        '"' => break,
                        '\\' => match rest.next()? {
                            c @ ('"' | '\\') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(rest.next()?),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

/// One word for a shell, whatever is in it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_command_is_split_like_a_shell_splits_it() {
        let table: [(&str, Option<&[&str]>); 12] = [
            ("", Some(&[])),
            (" a  b\tc ", Some(&["a", "b", "c"])),
            ("a 'b c' d", Some(&["a", "b c", "d"])),
            (r#"a "b \"c\" \x" d"#, Some(&["a", r#"b "c" \x"#, "d"])),
            (r"a\ b c", Some(&["a b", "c"])),
            ("a''b ''", Some(&["ab", ""])),
            ("--a='b'c", Some(&["--a=bc"])),
            ("$(b) `c` ; d|e", Some(&["$(b)", "`c`", ";", "d|e"])),
            ("a 'b", None),
            ("a \"b", None),
            ("a \\", None),
            ("a \"\\", None),
        ];
        for (command, expected) in table {
            let words = words(command);
            let words: Option<Vec<&str>> =
                words.as_ref().map(|words| words.iter().map(String::as_str).collect());
            assert_eq!(words.as_deref(), expected, "{command}");
        }
    }

    #[test]
    fn a_word_is_one_word() {
        for word in ["", "a b", "it's", "$(touch x)", "`x`", "a\nb", "'; touch x; '", "\\"] {
            let command = SecretSource::Command(format!("printf %s. {}", quoted(word)));
            let printed = command.read(&crate::authority::Authority::of_the_process()).unwrap();
            assert_eq!(printed.expose_secret(), format!("{word}."));
        }
    }

    proptest! {
        #[test]
        fn whatever_stands_there_is_split_or_refused(text in r#"([ \\'"$`é]|a|\n){0,30}"#) {
            _ = words(&text);
        }

        #[test]
        fn words_in_quotation_marks_are_the_same_words(
            all in proptest::collection::vec(r#"([ \\'"$`é]|a|\n){0,8}"#, 0..5),
        ) {
            let line: Vec<String> = all.iter().map(|word| quoted(word)).collect();
            prop_assert_eq!(words(&line.join(" ")), Some(all));
        }
    }
}
