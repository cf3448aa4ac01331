//! Secrets that a scheme brings along.

/// A secret of a scheme's own, which every manifest that offers the scheme has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnSecret {
    /// Its name under `secrets` of a provider.
    pub name: &'static str,
    /// The conventional variable.
    pub variable: &'static str,
    /// One sentence for a listing.
    pub description: &'static str,
}

pub(super) const AWS_SECRETS: &[OwnSecret] = &[
    OwnSecret {
        name: "aws-access-key-id",
        variable: "AWS_ACCESS_KEY_ID",
        description: "id of an AWS access key",
    },
    OwnSecret {
        name: "aws-secret-access-key",
        variable: "AWS_SECRET_ACCESS_KEY",
        description: "AWS access key",
    },
    OwnSecret {
        name: "aws-session-token",
        variable: "AWS_SESSION_TOKEN",
        description: "token that comes with a temporary AWS access key",
    },
];
pub(super) const ENTRA_SECRETS: &[OwnSecret] = &[OwnSecret {
    name: "entra-client-secret",
    variable: "AZURE_CLIENT_SECRET",
    description: "secret of an application in Entra ID",
}];
