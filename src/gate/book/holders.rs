//! What ties a grant to its receipts: a salt of its own, which its holder may
//! have destroyed. Then nobody can tell any more which receipts were theirs,
//! and the log that holds them is as valid as before.

use serde::{Deserialize, Serialize};

use super::{BookError, Question, Rows, load, save, visits::shelf};
use crate::{gate::GrantHash, trust::Sha256};

/// Asks for a grant's salt; a grant that has none gets the fresh one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaltOf {
    /// The grant.
    pub grant: GrantHash,
    /// 32 random bytes; `None` only looks.
    pub fresh: Option<Sha256>,
}

impl Question for SaltOf {
    const NAME: &'static str = "gate.salt";
    type Answer = Option<Sha256>;

    fn book(&self) -> String {
        shelf(self.grant)
    }

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<Self::Answer, BookError> {
        let key = self.grant.0.to_hex();
        if let Some(salt) = load(rows, "salt", &key)? {
            return Ok(Some(salt));
        }
        if let Some(fresh) = self.fresh {
            save(rows, "salt", &key, &fresh, None)?;
        }
        Ok(self.fresh)
    }
}

/// The holder wants to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forget {
    /// The grant.
    pub grant: GrantHash,
    /// Whether the grant opens nothing any more. Else what it has used is kept
    /// until it ends, or it could be used anew.
    pub is_over: bool,
}

impl Question for Forget {
    const NAME: &'static str = "gate.forget";
    type Answer = ();

    fn book(&self) -> String {
        shelf(self.grant)
    }

    fn answer(&self, rows: &dyn Rows, _: u64) -> Result<(), BookError> {
        let key = self.grant.0.to_hex();
        rows.delete("salt", &key)?;
        for (file, _) in rows.list("handover", &format!("{key}/"), u32::MAX)? {
            rows.delete("handover", &file)?;
        }
        if self.is_over {
            rows.delete("grant", &key)?;
            for (file, _) in rows.list("file", &format!("{key}/"), u32::MAX)? {
                rows.delete("file", &file)?;
            }
        }
        Ok(())
    }
}
