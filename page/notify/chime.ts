/** Two short tones, in Hz. */
const TONES = [660, 880]
const TONE_S = 0.09
const VOLUME = 0.08

let context: AudioContext | undefined

/** Plays a short sound. A browser plays none before the user has done something in the page. */
export function chime() {
  context ??= new AudioContext()
  const { destination, currentTime } = context
  void context.resume().catch(() => {})
  for (const [index, frequency] of TONES.entries()) {
    const start = currentTime + index * TONE_S
    const volume = new GainNode(context, { gain: 0 })
    volume.gain.setValueAtTime(VOLUME, start)
    volume.gain.exponentialRampToValueAtTime(0.001, start + TONE_S * 2)
    const tone = new OscillatorNode(context, { frequency })
    tone.connect(volume).connect(destination)
    tone.start(start)
    tone.stop(start + TONE_S * 2)
  }
}
