CREATE TRIGGER pharmacy_history.order_labels_history_before_update
BEFORE UPDATE ON pharmacy_history.order_labels_history
FOR EACH ROW
CALL _raise(30010, 'order_labels_history is history: its rows cannot be changed');
