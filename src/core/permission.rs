//! The roles, the permissions, and the table that gives each role its permissions.

crate::text_enum! {
    /// A role of a user. A user may have several roles, each at one clinic or at all clinics.
    pub enum Role("role") {
        Patient = "patient",
        Receptionist = "receptionist",
        Nurse = "nurse",
        Doctor = "doctor",
        Lab = "lab",
        Pathologist = "pathologist",
        Radiology = "radiology",
        Radiologist = "radiologist",
        Pharmacist = "pharmacist",
        Cashier = "cashier",
        Accountant = "accountant",
        Storekeeper = "storekeeper",
        WardManager = "ward_manager",
        Administrator = "administrator",
        Auditor = "auditor",
    }
}

crate::text_enum! {
    /// A permission. Every function and page names exactly one.
    pub enum Permission("permission") {
        /// The user's own account: language, notifications, signing out.
        OwnAccount = "own_account",
        /// The user's own record, appointments and receipts in the portal.
        OwnRecord = "own_record",
        FindPatients = "find_patients",
        RegisterPatients = "register_patients",
        /// Name, birth date, sex, allergies, coverage: the patient banner.
        ReadPatients = "read_patients",
        /// Decide on merges of two records of one person, undo them, and decide on requests to erase a record.
        KeepRecords = "keep_records",
        /// Release the copy of a record that another person asked for, and hand it out.
        ReleaseRecords = "release_records",
        RecordAllergies = "record_allergies",
        /// Add documents to a record, read them, and mark them as wrong. Clinical ones need `ReadChart` besides.
        AddDocuments = "add_documents",
        ReadSchedules = "read_schedules",
        BookAppointments = "book_appointments",
        /// Add an appointment to a full session of a doctor.
        Overbook = "overbook",
        ManageSchedules = "manage_schedules",
        /// Leave, closed times and extra sessions, and the list of bookings that lost their hours. Doctors keep their own leave.
        KeepAbsences = "keep_absences",
        CheckIn = "check_in",
        ViewQueue = "view_queue",
        /// Call, skip, move back, transfer, undo.
        ServeQueue = "serve_queue",
        RecordVitals = "record_vitals",
        ReadChart = "read_chart",
        /// Open the record of a patient not in the user's care, in an emergency.
        BreakGlass = "break_glass",
        WriteNotes = "write_notes",
        /// Read the orders of the clinic: the worklist, and the user's own orders.
        ReadOrders = "read_orders",
        PlaceOrders = "place_orders",
        /// Work on orders: accept, start, complete, hold, cancel.
        WorkOrders = "work_orders",
        /// Collect samples, print their labels, send them to the laboratory.
        CollectSamples = "collect_samples",
        /// Receive and reject samples, enter and check results, call critical results, read the catalogue.
        WorkLab = "work_lab",
        /// Release and correct results.
        ReleaseResults = "release_results",
        /// Edit and confirm the laboratory's catalogue.
        ManageCatalogue = "manage_catalogue",
        /// Book rooms of imaging, ask the questions of safety, make images, call critical findings, read the catalogue.
        WorkImaging = "work_imaging",
        /// Decide on protocols, override answers about safety, write and sign reports.
        ReportImaging = "report_imaging",
        /// Edit and confirm the catalogue of imaging, and its rooms.
        ManageImaging = "manage_imaging",
        /// Keep the sets of tests and studies that doctors order at once.
        ManageOrderSets = "manage_order_sets",
        ReadBilling = "read_billing",
        TakePayments = "take_payments",
        /// Count cash, and take the cash of a colleague's shift over.
        CountCash = "count_cash",
        /// See every shift at the till, close forgotten ones, receive what goes to the safe.
        SuperviseShifts = "supervise_shifts",
        /// Close the periods of the ledger, and reopen the last one.
        CloseBooks = "close_books",
        /// The reports of the ledger.
        ReadReports = "read_reports",
        /// The formulary: medicines, their substances, and the rules by which prescriptions are checked.
        ReadMedicines = "read_medicines",
        /// Review prescriptions that were written in spite of a warning.
        ReviewPrescriptions = "review_prescriptions",
        /// Edit and confirm the formulary.
        ManageFormulary = "manage_formulary",
        /// The stock: items, storerooms, batches and movements.
        ReadStock = "read_stock",
        /// Receive goods, transfer, correct and write off.
        MoveStock = "move_stock",
        /// Edit items and storerooms, hold batches back and recall them.
        ManageStock = "manage_stock",
        /// Suppliers, purchase orders, receipts and the invoices of suppliers.
        ReadPurchases = "read_purchases",
        /// Ask to buy, write and send purchase orders, cancel the rest of one.
        OrderGoods = "order_goods",
        /// Approve purchase requests and orders of another person, goods above an order, and invoices that differ.
        ApprovePurchases = "approve_purchases",
        /// Enter the invoices of suppliers.
        EnterInvoices = "enter_invoices",
        /// Ask for goods for a ward, and receive what the stores send.
        AskStock = "ask_stock",
        /// Verify prescriptions, dispense and take back medicines, see the patients of a batch.
        Dispense = "dispense",
        /// Be the second person at a controlled medicine.
        Witness = "witness",
        ReadPrices = "read_prices",
        /// Add a charge by hand, and take it back.
        AddCharges = "add_charges",
        /// Give a discount up to the role's limit, and ask for a larger one.
        GiveDiscount = "give_discount",
        /// Decide on discounts, credit notes, refunds, bounced payments and write-offs that another person asked for: the supervisor of the till.
        ApproveMoney = "approve_money",
        /// Edit the price list.
        SetPrices = "set_prices",
        ReadAudit = "read_audit",
        /// The board of a ward, its stays and its papers.
        ViewWard = "view_ward",
        /// Ask a ward to admit a patient.
        RequestAdmission = "request_admission",
        /// Accept, admit, move, transfer.
        ManageBeds = "manage_beds",
        /// Record a birth on a ward: the child becomes a patient.
        RecordBirths = "record_births",
        CleanBeds = "clean_beds",
        /// Close and reopen beds, and take back a discharge.
        ManageWards = "manage_wards",
        /// Read the orders and the medicine record of an admission.
        ReadMedicineRecord = "read_medicine_record",
        /// Write, sign, change and stop the orders of an admission.
        WriteOrders = "write_orders",
        /// Put the orders of an admission on hold, and release them.
        HoldOrders = "hold_orders",
        /// Record doses, check doses as the second person, take orders by phone.
        GiveMedicines = "give_medicines",
        /// Decide that a patient may leave the ward.
        DischargeClinical = "discharge_clinical",
        /// Prepare the patient's leaving.
        DischargeNursing = "discharge_nursing",
        /// Settle the stay before the patient leaves.
        DischargeBilling = "discharge_billing",
        /// Record that the patient left.
        DischargePhysical = "discharge_physical",
        /// Record observations, fluids, tasks and handovers of patients in a bed.
        RecordCare = "record_care",
        /// Decide how a patient is observed: the scale of the oxygen saturation, longer intervals, a stop.
        PlanObservations = "plan_observations",
        ManageHospital = "manage_hospital",
    }
}

impl Role {
    /// The permission table.
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Self::Patient => &[P::OwnAccount, P::OwnRecord],
            Self::Receptionist => &[
                P::OwnAccount,
                P::FindPatients,
                P::RegisterPatients,
                P::ReadPatients,
                P::KeepRecords,
                P::AddDocuments,
                P::ReadSchedules,
                P::BookAppointments,
                P::KeepAbsences,
                P::Overbook,
                P::CheckIn,
                P::ViewQueue,
                P::ServeQueue,
                P::ReadBilling,
                P::AddCharges,
                P::ReadPrices,
                P::RequestAdmission,
            ],
            Self::Nurse => &[
                P::OwnAccount,
                P::FindPatients,
                P::ReadPatients,
                P::RecordAllergies,
                P::AddDocuments,
                P::ReadSchedules,
                P::ViewQueue,
                P::ServeQueue,
                P::RecordVitals,
                P::ReadChart,
                P::BreakGlass,
                P::ReadOrders,
                P::WorkOrders,
                P::ViewWard,
                P::ManageBeds,
                P::RecordBirths,
                P::CleanBeds,
                P::DischargeNursing,
                P::DischargePhysical,
                P::RecordCare,
                P::ReadMedicineRecord,
                P::GiveMedicines,
                P::HoldOrders,
                P::ReadMedicines,
                P::CollectSamples,
                P::Witness,
                P::AskStock,
            ],
            Self::Doctor => &[
                P::OwnAccount,
                P::FindPatients,
                P::ReadPatients,
                P::KeepRecords,
                P::ReleaseRecords,
                P::RecordAllergies,
                P::AddDocuments,
                P::ReadSchedules,
                // The doctor books the follow-up while the patient is still in the room.
                P::BookAppointments,
                P::KeepAbsences,
                P::Overbook,
                P::ViewQueue,
                P::ServeQueue,
                P::RecordVitals,
                P::ReadChart,
                P::BreakGlass,
                P::WriteNotes,
                P::ReadOrders,
                P::PlaceOrders,
                P::ViewWard,
                P::RequestAdmission,
                P::DischargeClinical,
                P::RecordCare,
                P::PlanObservations,
                P::ReadMedicineRecord,
                P::WriteOrders,
                P::HoldOrders,
                P::ReadMedicines,
            ],
            Self::Cashier => &[
                P::OwnAccount,
                P::FindPatients,
                P::ReadPatients,
                P::ViewQueue,
                P::ServeQueue,
                P::ReadBilling,
                P::TakePayments,
                P::CountCash,
                P::AddCharges,
                P::GiveDiscount,
                P::ReadPrices,
                P::DischargeBilling,
            ],
            // An accountant sees amounts and documents, no visit and no record.
            Self::Accountant => &[
                P::OwnAccount,
                P::ReadBilling,
                P::ReadPrices,
                P::ApproveMoney,
                P::CountCash,
                P::SuperviseShifts,
                P::CloseBooks,
                P::ReadReports,
                P::ReadPurchases,
                P::ApprovePurchases,
                P::EnterInvoices,
            ],
            // An administrator has no clinical permission: schedules and queues show patients' names and the reasons
            // for their visits.
            Self::Administrator => {
                &[P::OwnAccount, P::ManageSchedules, P::KeepAbsences, P::ManageHospital, P::ManageOrderSets, P::ReadPrices, P::SetPrices]
            }
            Self::Auditor => &[P::OwnAccount, P::ReadAudit],
            // The head of a ward runs its beds: who lies where, who comes, who leaves.
            Self::WardManager => &[
                P::OwnAccount,
                P::FindPatients,
                P::ReadPatients,
                P::ViewWard,
                P::RequestAdmission,
                P::ManageBeds,
                P::RecordBirths,
                P::CleanBeds,
                P::ManageWards,
                P::DischargeNursing,
                P::DischargePhysical,
            ],
            Self::Pharmacist => &[
                P::OwnAccount,
                P::ReadMedicines,
                // The trolleys of the wards are filled by their medicine records.
                P::ReadMedicineRecord,
                P::ManageFormulary,
                P::ReviewPrescriptions,
                P::ReadStock,
                P::MoveStock,
                P::ManageStock,
                P::ReadPurchases,
                P::OrderGoods,
                P::ApprovePurchases,
                P::AskStock,
                P::Dispense,
                P::Witness,
                // The pharmacy calls patients by number.
                P::ViewQueue,
                P::ServeQueue,
            ],
            // A storekeeper sees goods, and no patient.
            Self::Storekeeper => {
                &[P::OwnAccount, P::ReadStock, P::MoveStock, P::ManageStock, P::ReadPurchases, P::OrderGoods, P::EnterInvoices]
            }
            // Staff of the laboratory see the identity and the results of patients on the laboratory's pages, and no record.
            Self::Lab => &[P::OwnAccount, P::CollectSamples, P::WorkLab],
            Self::Pathologist => &[P::OwnAccount, P::WorkLab, P::ReleaseResults, P::ManageCatalogue, P::ManageOrderSets],
            // Staff of radiology see the identity, the studies and, before contrast, the allergies of patients on the pages of imaging.
            Self::Radiology => &[P::OwnAccount, P::WorkImaging],
            Self::Radiologist => &[P::OwnAccount, P::WorkImaging, P::ReportImaging, P::ManageImaging, P::ManageOrderSets],
        }
    }

    /// Whether the role gives access to patients' records, the audit log or the management of users: the auditors are notified
    /// when it is granted.
    pub fn is_watched(self) -> bool {
        use Permission as P;
        [
            P::FindPatients,
            P::ReadPatients,
            P::ReadChart,
            P::WorkLab,
            P::WorkImaging,
            P::ReviewPrescriptions,
            P::Dispense,
            P::ReadAudit,
            P::ManageHospital,
        ]
        .into_iter()
        .any(|permission| self.may(permission))
    }

    /// Whether the role is offered for staff: it opens more than one's own account. The departments of the other roles do not exist yet.
    pub fn is_offered(self) -> bool {
        !matches!(self, Self::Patient) && self.permissions().iter().any(|permission| *permission != Permission::OwnAccount)
    }

    /// Whether the role has the permission.
    pub fn may(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }
}
