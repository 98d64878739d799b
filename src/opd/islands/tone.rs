//! The sound of a call: two soft notes made by the browser itself.

/// Rings. Without sound hardware, or before the browser allows sound, nothing happens.
#[cfg(feature = "hydrate")]
pub(super) fn ring() {
    use web_sys::{AudioContext, wasm_bindgen::JsValue};

    thread_local! {
        // One for the life of the page: browsers allow few.
        static AUDIO: Option<AudioContext> = AudioContext::new().ok();
    }
    let play = |audio: &AudioContext| -> Result<(), JsValue> {
        let _ = audio.resume()?;
        let start = audio.current_time();
        for (pitch, after) in [(784.0, 0.0), (587.3, 0.35)] {
            let (note, volume) = (audio.create_oscillator()?, audio.create_gain()?);
            note.frequency().set_value(pitch);
            let at = start + after;
            volume.gain().set_value_at_time(0.0001, at)?;
            volume.gain().exponential_ramp_to_value_at_time(0.4, at + 0.03)?;
            volume.gain().exponential_ramp_to_value_at_time(0.0001, at + 0.9)?;
            note.connect_with_audio_node(&volume)?;
            volume.connect_with_audio_node(&audio.destination())?;
            note.start_with_when(at)?;
            note.stop_with_when(at + 1.0)?;
        }
        Ok(())
    };
    AUDIO.with(|audio| {
        if let Some(Err(error)) = audio.as_ref().map(play) {
            leptos::logging::warn!("{error:?}");
        }
    });
}

/// The server makes no sound.
#[cfg(not(feature = "hydrate"))]
pub(super) const fn ring() {}
