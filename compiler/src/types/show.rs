//! Text of the typed stage.
