//! The functions of the queue and of vital signs.
