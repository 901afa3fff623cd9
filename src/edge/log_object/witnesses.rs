//! Shows a log's checkpoint to its witnesses (the setting `WITNESSES`) and
//! publishes it with their signatures. Optional: a witness that does not answer
//! delays nothing, and is asked again with the next checkpoint.

use super::{
    super::{outside, store},
    Known, Log, LogState, Number, PORT, PortError, broken, execute, file_key, parse_state, rows,
};
use crate::evidence::{
    EvidenceError,
    sequencer::CHECKPOINT,
    tile::{TileSet, tiles_for_consistency},
    witness::{self, Answer, Witness},
};

/// Signatures are small.
const ANSWER_LIMIT: usize = 64 * 1024;

const WITNESSED: &str =
    "CREATE TABLE IF NOT EXISTS witnessed (witness TEXT PRIMARY KEY, size INTEGER NOT NULL)";

impl Log {
    /// Collects what signatures there are to be had for the last checkpoint.
    pub(super) async fn have_witnessed(&self) -> Result<(), PortError> {
        let setting = self.setting("WITNESSES").unwrap_or_default();
        let witnesses = Witness::parse_all(&setting).map_err(broken)?;
        let Some(known) = self.known()?.filter(|_| !witnesses.is_empty()) else {
            return Ok(());
        };
        let state = parse_state(&known)?;
        execute(&self.sql, WITNESSED, Vec::new())?;
        let mut note = known.checkpoint.clone();
        for witness in &witnesses {
            match self.show(witness, &known, &state, &note).await {
                Ok(signed) => note = signed,
                Err(error) => {
                    let key = witness.key.name();
                    worker::console_error!("dropgate: the witness {key}: {error}");
                }
            }
        }
        if note != known.checkpoint {
            let key = file_key(&known.name, CHECKPOINT);
            self.write(&key, note.as_bytes()).await?;
        }
        Ok(())
    }

    /// The checkpoint with one more signature.
    async fn show(
        &self,
        witness: &Witness,
        known: &Known,
        state: &LogState,
        note: &str,
    ) -> Result<String, PortError> {
        let mut old = self.witnessed(witness)?;
        // A conflict says from where; a second one is for the next time.
        for _ in 0..2 {
            let proof = self.continues(known, state, old).await?;
            let body = witness::request(old, &proof, &known.checkpoint);
            let answer = outside::post(&witness.url, body, ANSWER_LIMIT).await?;
            let (status, bytes) = &answer;
            match witness::answer(witness, note, (*status, bytes)).map_err(broken)? {
                Answer::Signed(signed) => {
                    self.note_witnessed(witness, state.size())?;
                    return Ok(signed);
                }
                Answer::Seen(size) => old = size,
            }
        }
        Err(PortError::new(PORT, "it contradicts itself"))
    }

    /// The proof that the log continues what it was at `old` entries.
    async fn continues(
        &self,
        known: &Known,
        state: &LogState,
        old: u64,
    ) -> Result<Vec<crate::trust::Sha256>, PortError> {
        if old == 0 || old == state.size() {
            return Ok(Vec::new());
        }
        let mut set = TileSet::new(state.size());
        for tile in tiles_for_consistency(old, state.size()).map_err(broken)? {
            let path = tile.to_string();
            let key = file_key(&known.name, &path);
            let read = store::read(&self.env, &key, super::FILE_LIMIT).await?;
            let read = read.ok_or_else(|| broken(EvidenceError::MissingFile(path)))?;
            set.insert(tile, &read.bytes).map_err(broken)?;
        }
        let (_, proof) = set.prove_consistency(old, &state.root()).map_err(broken)?;
        Ok(proof)
    }

    fn witnessed(&self, witness: &Witness) -> Result<u64, PortError> {
        let query = "SELECT size AS value FROM witnessed WHERE witness = ?";
        let found: Vec<Number> = rows(&self.sql, query, vec![witness.key.to_string().into()])?;
        Ok(found.first().map_or(0, |row| row.value))
    }

    fn note_witnessed(&self, witness: &Witness, size: u64) -> Result<(), PortError> {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        execute(
            &self.sql,
            "INSERT OR REPLACE INTO witnessed (witness, size) VALUES (?, ?)",
            vec![witness.key.to_string().into(), size.into()],
        )
    }
}
