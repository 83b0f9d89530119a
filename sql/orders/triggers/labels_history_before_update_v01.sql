CREATE TRIGGER pharmacy_history.labels_history_before_update
BEFORE UPDATE ON pharmacy_history.labels_history
FOR EACH ROW
CALL _raise(30010, 'labels_history is history: its rows cannot be changed');
