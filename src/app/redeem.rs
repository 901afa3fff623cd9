//! Codes on paper, cards and screens: `GET /r/{code}` shows, and spends
//! nothing, because mail scanners and previews open links; `POST /redeem`
//! spends, once, and sets the grant as a cookie.
