/**
 * A small set that this example carries as a program: ten words like the English digits, spoken by a voice of harmonics and noise that is shaped by
 * formants (source and filter, Fant 1960). It is easier than people, and enough to see a recognizer learn.
 */
import type { Rng } from "fovea";
import type { Take } from "./recordings.ts";

/** Three formants in Hz, how loud the voice is, and how loud the hiss. */
interface Sound {
  readonly formants: readonly [number, number, number];
  readonly voice: number;
  readonly hiss: number;
}

const sound = (formants: Sound["formants"], voice = 1, hiss = 0): Sound => ({ formants, voice, hiss });

const SOUNDS: Readonly<Record<string, Sound>> = {
  a: sound([750, 1200, 2500]),
  e: sound([530, 1850, 2500]),
  i: sound([290, 2250, 2900]),
  o: sound([480, 880, 2400]),
  u: sound([320, 850, 2250]),
  r: sound([420, 1250, 1600], 0.6),
  n: sound([250, 1100, 2300], 0.4),
  w: sound([300, 700, 2200], 0.5),
  v: sound([300, 1200, 2200], 0.3, 0.1),
  z: sound([300, 1700, 3600], 0.3, 0.4),
  s: sound([300, 1900, 3700], 0, 0.6),
  f: sound([400, 1500, 2500], 0, 0.2),
  k: sound([300, 1800, 2300], 0, 0.05),
  t: sound([300, 1800, 3300], 0, 0.15),
};

/** From 0 to 9. */
const WORDS = ["ziro", "wan", "tuu", "fri", "for", "faiv", "siks", "seven", "eit", "nain"];

const SAMPLE_RATE = 8000;
const STEP = 40; // samples for which a sound stands still: 5 ms

interface Voice {
  readonly name: string;
  /** In Hz. */
  readonly pitch: number;
  /** Of the formants: the shorter the throat, the higher. */
  readonly size: number;
}

const VOICES: readonly Voice[] = [
  { name: "ann", pitch: 210, size: 1.12 },
  { name: "bob", pitch: 115, size: 0.95 },
  { name: "cem", pitch: 135, size: 1 },
  { name: "dora", pitch: 190, size: 1.08 },
];

/** Every digit by every voice, `count` takes of each, the first one numbered `first`. */
export function makeDigits(count: number, first: number, rng: Rng): Take[] {
  const takes = Array.from({ length: count }, (_, i) => first + i);
  return VOICES.flatMap((voice) =>
    WORDS.flatMap((word, digit) =>
      takes.map((take) => ({
        samples: speak(word, voice, rng),
        sampleRate: SAMPLE_RATE,
        digits: String(digit),
        speaker: voice.name,
        take,
      })),
    ),
  );
}

function speak(word: string, voice: Voice, rng: Rng): Float32Array {
  const between = (low: number, high: number): number => low + (high - low) * rng.uniform();
  const sounds = [...word].map((letter) => SOUNDS[letter]!);
  const steps = Math.round((sounds.length * between(0.07, 0.11) * SAMPLE_RATE) / STEP);
  const pitch = voice.pitch * between(0.9, 1.1);
  const size = voice.size * between(0.95, 1.05);
  const samples = new Float32Array(steps * STEP);
  const phases = new Float64Array(Math.floor(3800 / (pitch * 0.8)));
  let [hissed, before] = [0, 0];
  for (let step = 0; step < steps; step += 1) {
    const place = (step / steps) * sounds.length - 0.5;
    const now = blend(
      sounds[Math.max(0, Math.floor(place))]!,
      sounds[Math.min(sounds.length - 1, Math.floor(place) + 1)]!,
      place - Math.floor(place),
    );
    const fade = Math.min(1, (step + 1) / 4, (steps - step) / 8);
    const tone = pitch * (1.1 - (0.25 * step) / steps); // it falls
    const strengths = phases.map((_, h) => now.voice * strength((h + 1) * tone, now.formants, size));
    for (let i = step * STEP; i < (step + 1) * STEP; i += 1) {
      let value = 0;
      for (let h = 0; h < phases.length; h += 1) {
        phases[h]! += (2 * Math.PI * (h + 1) * tone) / SAMPLE_RATE;
        value += strengths[h]! * Math.sin(phases[h]!);
      }
      const noise = 2 * rng.uniform() - 1;
      hissed = noise - 0.9 * before; // hiss is high
      before = noise;
      samples[i] = fade * (0.1 * value + 0.3 * now.hiss * hissed) + 0.001 * noise;
    }
  }
  return samples;
}

function blend(a: Sound, b: Sound, share: number): Sound {
  const mix = (x: number, y: number): number => x + (y - x) * Math.max(0, share);
  const [f1, f2, f3] = [0, 1, 2].map((k) => mix(a.formants[k]!, b.formants[k]!)) as [number, number, number];
  return { formants: [f1, f2, f3], voice: mix(a.voice, b.voice), hiss: mix(a.hiss, b.hiss) };
}

/** How much of a frequency the throat lets through. */
function strength(hz: number, formants: Sound["formants"], size: number): number {
  if (hz > 3900) return 0;
  return formants.reduce((sum, formant, k) => sum + 1 / ((k + 1) * (1 + ((hz - formant * size) / (60 + 40 * k)) ** 2)), 0);
}
