"""Brokers, workers, input and faults for the proof on a real broker. Faults wait for progress, never for seconds."""
