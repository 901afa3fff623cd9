//! Why trusted metadata was refused, and whose fault it was.

use std::fmt;

use super::time::format_time;

/// Whose fault a refusal was; the app turns each class into one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrustClass {
    /// The store handed over bytes nobody trusted signed, or that contradict a
    /// signature: 502 and an incident.
    BadBytes,
    /// The chain is genuine but too old: 503 until it is signed again.
    Stale,
    /// The drop itself has ended: 410.
    Gone,
    /// The drop has not begun: 425.
    NotYet,
    /// No signed manifest names it: 404.
    Unknown,
    /// A role must be loaded first; the caller fetches it and asks again.
    NotLoaded,
}

/// A role's metadata the caller must fetch before a lookup can go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The role to load.
    pub role: String,
    /// The role that delegates to it (`root` for `targets`).
    pub delegator: String,
    /// What the signed snapshot says of it.
    pub meta: RoleMeta,
}

impl Wanted {
    /// The name a consistent snapshot stores it under: `3.alice.json`.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.{}.json", self.meta.version, self.role)
    }
}

/// What timestamp or snapshot metadata says of one role's metadata file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleMeta {
    /// The version, at least 1.
    pub version: u64,
    /// The exact length in bytes; this repository always writes it.
    pub length: Option<u64>,
    /// The digest of the file; this repository always writes it.
    pub sha256: Option<super::Sha256>,
}

/// Why metadata was refused or a lookup failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustError {
    /// Not well-formed TUF metadata of the wanted type.
    Malformed {
        /// The role that was being read.
        role: String,
        /// What is wrong with it.
        why: String,
    },
    /// Longer than the bound for its role.
    TooLarge {
        /// The role that was being read.
        role: String,
        /// The bound in bytes.
        limit: usize,
        /// The offered length.
        length: usize,
    },
    /// Not signed by enough of the role's keys.
    BadSignature {
        /// The role that was being read.
        role: String,
        /// The version already trusted, 0 when none is.
        trusted: u64,
        /// The version offered.
        offered: u64,
        /// Distinct keys that signed it.
        valid: usize,
        /// Distinct keys wanted.
        threshold: usize,
    },
    /// An older version than the trusted one: a rollback attack.
    Rollback {
        /// The role whose version fell.
        role: String,
        /// The version already trusted.
        trusted: u64,
        /// The version offered.
        offered: u64,
    },
    /// Another version than the one wanted: a root that skips, or a mix-and-match attack.
    WrongVersion {
        /// The role that was being read.
        role: String,
        /// The version that was wanted.
        wanted: u64,
        /// The version offered.
        offered: u64,
    },
    /// Length or digest is not what the signed listing says.
    WrongBytes {
        /// The role that was being read.
        role: String,
        /// The listed version.
        version: u64,
    },
    /// A new snapshot no longer lists a role the trusted one lists.
    Vanished {
        /// The role that is missing.
        role: String,
        /// The version already trusted.
        trusted: u64,
    },
    /// Out of date.
    Expired {
        /// The role that expired.
        role: String,
        /// Its version.
        version: u64,
        /// When it expired, in unix seconds.
        expires: u64,
    },
    /// Timestamp, snapshot or targets was not loaded, or not in the right order.
    NotReady {
        /// The role that must be loaded first.
        role: &'static str,
    },
    /// A role on the way must be fetched first.
    NotLoaded(Box<Wanted>),
    /// More root rotations than one refresh may follow.
    TooManyRotations,
    /// More delegated roles on the way than a search may visit.
    TooManyDelegations,
    /// The role is delegated but the snapshot lists no metadata for it.
    NotInSnapshot {
        /// The role that was never published.
        role: String,
    },
    /// Nothing signed names it.
    Unknown {
        /// The path that was looked up.
        path: String,
    },
    /// The drop is published but not open.
    NotYet {
        /// The drop.
        drop: String,
        /// When it opens, in unix seconds.
        not_before: u64,
    },
}

impl TrustError {
    /// The role whose metadata is meant, if one is.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        match self {
            Self::Malformed { role, .. }
            | Self::TooLarge { role, .. }
            | Self::BadSignature { role, .. }
            | Self::Rollback { role, .. }
            | Self::WrongVersion { role, .. }
            | Self::WrongBytes { role, .. }
            | Self::Vanished { role, .. }
            | Self::Expired { role, .. }
            | Self::NotInSnapshot { role } => Some(role),
            Self::NotReady { role } => Some(role),
            _ => None,
        }
    }

    /// What happened in a word or two, for receipts.
    #[must_use]
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "malformed",
            Self::TooLarge { .. } => "too-large",
            Self::BadSignature { .. } => "bad-signature",
            Self::Rollback { .. } => "rollback",
            Self::WrongVersion { .. } => "wrong-version",
            Self::WrongBytes { .. } => "wrong-bytes",
            Self::Vanished { .. } => "vanished",
            Self::Expired { .. } => "expired",
            Self::NotReady { .. } => "not-ready",
            Self::NotLoaded(_) => "not-loaded",
            Self::TooManyRotations => "too-many-rotations",
            Self::TooManyDelegations => "too-many-delegations",
            Self::NotInSnapshot { .. } => "not-in-snapshot",
            Self::Unknown { .. } => "unknown",
            Self::NotYet { .. } => "not-yet",
        }
    }

    /// Whose fault it was.
    #[must_use]
    pub fn class(&self) -> TrustClass {
        match self {
            Self::Expired { role, .. } if role.contains('.') => TrustClass::Gone,
            Self::Expired { .. } | Self::NotReady { .. } => TrustClass::Stale,
            Self::NotLoaded(_) => TrustClass::NotLoaded,
            Self::NotInSnapshot { .. } | Self::Unknown { .. } => TrustClass::Unknown,
            Self::NotYet { .. } => TrustClass::NotYet,
            _ => TrustClass::BadBytes,
        }
    }

    pub(super) fn malformed(role: &str, why: impl fmt::Display) -> Self {
        Self::Malformed {
            role: role.to_owned(),
            why: why.to_string(),
        }
    }
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { role, why } => {
                write!(f, "the metadata of {role} is malformed: {why}")
            }
            Self::TooLarge {
                role,
                limit,
                length,
            } => write!(
                f,
                "the metadata of {role} has {length} bytes, more than the {limit} allowed"
            ),
            Self::BadSignature {
                role,
                offered,
                valid,
                threshold,
                ..
            } => write!(
                f,
                "version {offered} of {role} is signed by {valid} of its keys; {threshold} must sign"
            ),
            Self::Rollback {
                role,
                trusted,
                offered,
            } => write!(
                f,
                "version {offered} of {role} was offered, older than the trusted version {trusted}"
            ),
            Self::WrongVersion {
                role,
                wanted,
                offered,
            } => write!(
                f,
                "version {offered} of {role} was offered where version {wanted} was wanted"
            ),
            Self::WrongBytes { role, version } => write!(
                f,
                "the metadata of {role} is not the file that was signed as version {version}"
            ),
            Self::Vanished { role, trusted } => write!(
                f,
                "the new snapshot no longer lists {role}, trusted at version {trusted}"
            ),
            Self::Expired {
                role,
                version,
                expires,
            } => write!(
                f,
                "version {version} of {role} expired at {}",
                format_time(*expires)
            ),
            Self::NotReady { role } => write!(f, "no {role} metadata is trusted yet"),
            Self::NotLoaded(wanted) => {
                write!(f, "the metadata of {} is not loaded yet", wanted.role)
            }
            Self::TooManyRotations => write!(f, "the root was rotated too often to follow"),
            Self::TooManyDelegations => {
                write!(f, "too many delegations would have to be followed")
            }
            Self::NotInSnapshot { role } => write!(f, "{role} has published nothing yet"),
            Self::Unknown { path } => write!(f, "no signed manifest names {path}"),
            Self::NotYet { drop, not_before } => {
                write!(f, "{drop} opens at {}", format_time(*not_before))
            }
        }
    }
}

impl std::error::Error for TrustError {}
