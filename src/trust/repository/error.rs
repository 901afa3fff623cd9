//! Why a submission was refused.

use std::fmt;

use crate::trust::TrustError;

/// Whose fault a refusal was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The submitted metadata is wrong: 422.
    Submission,
    /// Someone else published first, or the version does not follow: 409.
    Conflict,
    /// The edge cannot publish just now: 500.
    Edge,
}

/// Why nothing was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubmitError {
    /// The submission holds nothing, too much, or one role twice.
    Count(&'static str),
    /// No one may submit a role of this name.
    RoleName(String),
    /// A submitted role does not verify.
    Trust(TrustError),
    /// A published role it depends on does not verify.
    Published(TrustError),
    /// The version is not the one after the published one.
    Version {
        /// The role.
        role: String,
        /// The published version, 0 when there is none.
        published: u64,
        /// The version offered.
        offered: u64,
    },
    /// Genuine TUF, but not of the form this marketplace publishes.
    Shape {
        /// The role.
        role: String,
        /// What to change.
        why: String,
    },
    /// The role that would have to delegate to it does not.
    NotDelegated {
        /// The role.
        role: String,
        /// Its would-be delegator.
        delegator: String,
    },
    /// The submission changes a role's keys but leaves the role as the old keys
    /// signed it, so that no client could verify it.
    Orphaned {
        /// The role that must be submitted as well.
        role: String,
    },
    /// The caller did not hand over a published role that [`super::Repository::needs`] named.
    NotHandedOver {
        /// The role.
        role: String,
    },
    /// The root does not let the edge's online key sign alone.
    OnlineKey,
    /// The snapshot would be longer than clients accept.
    Full,
    /// The online key failed to sign.
    Signing(String),
}

impl SubmitError {
    /// Whose fault it was.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Version { .. } => Fault::Conflict,
            Self::Published(_)
            | Self::NotHandedOver { .. }
            | Self::OnlineKey
            | Self::Full
            | Self::Signing(_) => Fault::Edge,
            _ => Fault::Submission,
        }
    }
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(why) => f.write_str(why),
            Self::RoleName(role) => write!(
                f,
                "{role:?} cannot be submitted: submit root, targets, a creator's role or creator.drop"
            ),
            Self::Trust(error) => error.fmt(f),
            Self::Published(error) => write!(f, "a published role is in the way: {error}"),
            Self::Version {
                role,
                published,
                offered,
            } => write!(
                f,
                "version {offered} of {role} was submitted, but version {published} is published: submit version {}",
                published.saturating_add(1)
            ),
            Self::Shape { role, why } => {
                write!(f, "the metadata of {role} cannot be served: {why}")
            }
            Self::NotDelegated { role, delegator } => {
                write!(f, "{delegator} does not delegate to {role}")
            }
            Self::Orphaned { role } => write!(
                f,
                "the keys of {role} change: submit {role}, signed by its new keys, together with this"
            ),
            Self::NotHandedOver { role } => {
                write!(f, "the published metadata of {role} could not be read")
            }
            Self::OnlineKey => {
                write!(f, "the root does not name the key this edge signs with")
            }
            Self::Full => write!(f, "the snapshot is full: no further role fits"),
            Self::Signing(_) => write!(f, "the edge could not sign the snapshot"),
        }
    }
}

impl std::error::Error for SubmitError {}

impl From<TrustError> for SubmitError {
    fn from(error: TrustError) -> Self {
        Self::Trust(error)
    }
}
