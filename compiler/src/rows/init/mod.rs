//! Initial values of parameters, as IR of the `init` program. Layers name one; users may overrule it (`dense(64, init: zeros)`).
