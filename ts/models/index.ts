export { SequenceClassifier, type SequenceClassifierCall, type SequenceClassifierOptions } from "./sequenceClassifier.ts";
