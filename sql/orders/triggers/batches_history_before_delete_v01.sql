CREATE TRIGGER pharmacy_history.batches_history_before_delete
BEFORE DELETE ON pharmacy_history.batches_history
FOR EACH ROW
CALL _raise(30010, 'batches_history is history: its rows cannot be deleted');
