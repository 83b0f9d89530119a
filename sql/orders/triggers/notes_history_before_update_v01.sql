CREATE TRIGGER pharmacy_history.notes_history_before_update
BEFORE UPDATE ON pharmacy_history.notes_history
FOR EACH ROW
CALL _raise(30010, 'notes_history is history: its rows cannot be changed');
