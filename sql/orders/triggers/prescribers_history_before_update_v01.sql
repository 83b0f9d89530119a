CREATE TRIGGER pharmacy_history.prescribers_history_before_update
BEFORE UPDATE ON pharmacy_history.prescribers_history
FOR EACH ROW
CALL _raise(30010, 'prescribers_history is history: its rows cannot be changed');
