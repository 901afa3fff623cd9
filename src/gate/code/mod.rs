//! Codes on cards, receipts and market stalls: 12 symbols that become a grant.

mod qr;
mod redeem;
#[cfg(test)]
mod tests;
mod text;
mod throttle;

pub use qr::{QrError, qr_svg};
pub use redeem::{
    Campaign, CodeError, CodeRow, CodeState, HOLD, Holder, Outcome, Redemption, redeem, reserve,
    revoke,
};
pub use text::{Code, CodeHash, CodeTextError, Pepper};
pub use throttle::{Bucket, FAILURES_PER_ADDRESS, FAILURES_PER_CAMPAIGN, Rate};
